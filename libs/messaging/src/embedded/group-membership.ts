import { randomUUID } from 'node:crypto';
import type { ClientBase } from 'pg';

/** A member that has not renewed for so long has lost its partitions to whoever takes them. */
const TTL_MS = 6_000;
const RENEW_MS = 2_000;

export interface Held {
  readonly partition: number;
  /** What the group has handled, up to this position. */
  readonly position: string;
}

/**
 * One consumer's membership of a group. The members of a group share the partitions of a topic: each takes its share of what nobody holds,
 * and gives back what is more than its share. The membership is the lease of all partitions held; the holder in the row of an offset is
 * the fence: who has lost a partition cannot commit.
 */
export class GroupMembership {
  private readonly holder = randomUUID();
  private renewedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly group: string,
    private readonly topic: string,
    private readonly partitions: number,
  ) {}

  /** Whether nobody else can have taken a partition since the last renewal. */
  isValid(): boolean {
    return performance.now() - this.renewedAt < TTL_MS - RENEW_MS;
  }

  isDue(): boolean {
    return performance.now() - this.renewedAt >= RENEW_MS;
  }

  async renew(client: ClientBase): Promise<void> {
    const asked = performance.now();
    await client.query(
      `insert into bus.members (consumer_group, topic, holder, expires_at)
       values ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
       on conflict (consumer_group, topic, holder) do update set expires_at = excluded.expires_at`,
      [this.group, this.topic, this.holder, TTL_MS],
    );
    this.renewedAt = asked;
  }

  /** Wakes the other members, to take or give back partitions at once. */
  async tellOthers(client: ClientBase): Promise<void> {
    await client.query("select pg_notify('bus', $1)", [this.notification]);
  }

  get notification(): string {
    return `${this.group} ${this.topic}`;
  }

  /** The partitions held, and how many are this member's share. */
  async held(client: ClientBase): Promise<{ readonly held: readonly Held[]; readonly share: number }> {
    const { rows } = await client.query<{ held: Held[]; members: number }>(
      `select (select coalesce(jsonb_agg(jsonb_build_object('partition', partition, 'position', position::text)), '[]')
               from bus.offsets where consumer_group = $1 and topic = $2 and holder = $3) as held,
              (select count(*)::int from bus.members
               where consumer_group = $1 and topic = $2 and expires_at > clock_timestamp()) as members`,
      [this.group, this.topic, this.holder],
    );
    const { held = [], members = 1 } = rows[0] ?? {};
    return { held, share: Math.ceil(this.partitions / Math.max(members, 1)) };
  }

  /** Takes up to `count` partitions that no running member holds. */
  async take(client: ClientBase, count: number): Promise<readonly Held[]> {
    await client.query(
      `insert into bus.offsets (consumer_group, topic, partition)
       select $1, $2, partition from generate_series(0, $3::int - 1) as partition on conflict do nothing`,
      [this.group, this.topic, this.partitions],
    );
    const { rows } = await client.query<Held>(
      `with free as (
         select partition from bus.offsets as o where consumer_group = $1 and topic = $2 and not exists (
           select from bus.members as m where m.consumer_group = o.consumer_group and m.topic = o.topic
              and m.holder = o.holder and m.expires_at > clock_timestamp())
         order by partition limit $4 for update skip locked
       )
       update bus.offsets set holder = $3 from free
       where consumer_group = $1 and topic = $2 and offsets.partition = free.partition
       returning offsets.partition, position::text`,
      [this.group, this.topic, this.holder, count],
    );
    return rows;
  }

  /** Only of partitions that this member still holds. */
  async commit(client: ClientBase, handled: readonly Held[]): Promise<void> {
    await this.write(client, handled, this.holder);
  }

  async giveBack(client: ClientBase, handled: readonly Held[]): Promise<void> {
    await this.write(client, handled, null);
  }

  async leave(client: ClientBase): Promise<void> {
    await client.query('delete from bus.members where consumer_group = $1 and topic = $2 and holder = $3', [
      this.group,
      this.topic,
      this.holder,
    ]);
  }

  private async write(client: ClientBase, handled: readonly Held[], holder: string | null): Promise<void> {
    if (handled.length === 0) return;
    await client.query(
      `update bus.offsets set position = handled.position, holder = $4
       from unnest($5::smallint[], $6::bigint[]) as handled (partition, position)
       where consumer_group = $1 and topic = $2 and holder = $3 and offsets.partition = handled.partition`,
      [
        this.group,
        this.topic,
        this.holder,
        holder,
        handled.map(({ partition }) => partition),
        handled.map(({ position }) => position),
      ],
    );
  }
}
