import { withTimeout } from '@crossroads/configuration';
import { Client } from 'pg';
import { backoffMs, pause, retryUntilDone } from '../broker/retry.js';
import {
  type CloudEvent,
  type ConsumeOptions,
  type Consumption,
  requirePartitions,
  WrongPartitions,
} from '../broker/broker.js';
import { eventOf } from '../broker/cloud-event-headers.js';
import type { BrokerLog } from '../broker/broker-log.js';
import { GroupMembership, type Held } from './group-membership.js';
import { AssignedPartition } from './assigned-partition.js';

const CLOSE_MS = 9_000;
/** Notifications can be lost: then a message is found after this time. */
const POLL_MS = 500;
const DEFAULT_BATCH_SIZE = 500;
const CONNECTION = { connectionTimeoutMillis: 5_000, query_timeout: 15_000, keepAlive: true };

interface Row {
  readonly partition: number;
  readonly position: string;
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly data: Buffer;
  readonly published_at: Date;
}

/**
 * One consumer of one topic, on a connection of its own. It reads all partitions that it holds with one query and handles them
 * concurrently. In a group it shares them with the other members; without a group it has them all and keeps its places in memory.
 */
export class EmbeddedConsumption implements Consumption {
  private readonly closing = new AbortController();
  private readonly ended: Promise<void>;
  private readonly assigned = new Map<number, AssignedPartition>();
  /** By partition. */
  private readonly handling = new Map<number, Promise<void>>();
  private membership: GroupMembership | undefined;
  private membersChanged = false;
  private wake: () => void = () => undefined;

  constructor(
    private readonly url: string,
    private readonly options: ConsumeOptions,
    private readonly log: BrokerLog,
  ) {
    this.ended = this.run();
  }

  async close(): Promise<void> {
    this.closing.abort(new Error('the consumer is closed'));
    this.wake();
    await withTimeout(CLOSE_MS, this.ended).catch(() => undefined);
  }

  private async run(): Promise<void> {
    for (let attempt = 1; !this.closing.signal.aborted; attempt++) {
      const client = new Client({ connectionString: this.url, ...CONNECTION });
      client.on('error', () => this.wake());
      client.on('notification', ({ payload }) => {
        if (payload === this.membership?.notification) this.membersChanged = true;
        else if (payload !== this.options.topic) return;
        this.wake();
      });
      try {
        await client.connect();
        await client.query('listen bus');
        const partitions = await this.partitions(client);
        if (partitions === undefined) return;
        attempt = 0;
        await this.join(client, partitions);
        await this.consumeOn(client);
        await this.leave(client);
      } catch (error) {
        if (this.closing.signal.aborted) break;
        if (error instanceof WrongPartitions) this.options.onError?.(error, attempt);
        this.log('warn', 'the embedded log lost its consumer', { topic: this.options.topic, error });
        await pause(backoffMs(Math.max(attempt, 1)), this.closing.signal);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  /** Waits for the topic. Undefined when the consumer was closed before it was there. @throws WrongPartitions */
  private async partitions(client: Client): Promise<number | undefined> {
    while (!this.closing.signal.aborted) {
      const { rows } = await client.query<{ partitions: number }>('select partitions from bus.topics where name = $1', [
        this.options.topic,
      ]);
      const partitions = rows[0]?.partitions;
      if (partitions !== undefined) {
        requirePartitions(this.options.topic, partitions, this.options.partitions ?? partitions);
        return partitions;
      }
      await pause(POLL_MS, this.closing.signal);
    }
    return undefined;
  }

  private async join(client: Client, partitions: number): Promise<void> {
    if (this.options.group === undefined) {
      if (this.assigned.size === 0)
        this.assign(Array.from({ length: partitions }, (_, n) => ({ partition: n, position: '0' })));
      return;
    }
    this.membership ??= new GroupMembership(this.options.group, this.options.topic, partitions);
    await this.share(client, this.membership);
    await this.membership.tellOthers(client);
  }

  private async consumeOn(client: Client): Promise<void> {
    while (!this.closing.signal.aborted) {
      const woken = this.nextWake();
      if (this.membership && (this.membersChanged || this.membership.isDue()))
        await this.share(client, this.membership);
      const batches = await this.read(client);
      // This process may have been frozen during the read: the partitions may be another's.
      if (this.membership && !this.membership.isValid()) continue;
      for (const [one, rows] of batches) this.handle(one, rows);
      if (batches.size === 0) await woken;
    }
  }

  private async leave(client: Client): Promise<void> {
    await Promise.all(this.handling.values());
    if (!this.membership) return;
    await this.membership.commit(client, this.uncommitted());
    await this.membership.leave(client);
    await this.membership.tellOthers(client);
  }

  /** Commits, renews the membership, and takes or gives back partitions until this member has its share. */
  private async share(client: Client, membership: GroupMembership): Promise<void> {
    this.membersChanged = false;
    const handled = this.uncommitted();
    await membership.commit(client, handled);
    for (const { partition, position } of handled) {
      const one = this.assigned.get(partition);
      if (one) one.committed = position;
    }
    await membership.renew(client);
    const { held, share } = await membership.held(client);
    const ours = new Set(held.map(({ partition }) => partition));
    this.revoke([...this.assigned.values()].filter(({ partition }) => !ours.has(partition)));
    this.assign(held.filter(({ partition }) => !this.assigned.has(partition)));
    if (held.length < share) this.assign(await membership.take(client, share - held.length));
    await this.giveBack(client, membership, share);
  }

  private async giveBack(client: Client, membership: GroupMembership, share: number): Promise<void> {
    const partitions = [...this.assigned.values()].sort((one, other) => one.partition - other.partition);
    for (const [n, one] of partitions.entries()) one.isLeaving = n >= share;
    const leaving = partitions.filter((one) => one.isLeaving && !one.isBusy);
    if (leaving.length === 0) return;
    await membership.giveBack(client, leaving);
    this.revoke(leaving);
    await membership.tellOthers(client);
  }

  private assign(taken: readonly Held[]): void {
    if (taken.length === 0) return;
    const partitions = taken.map(({ partition, position }) => new AssignedPartition(partition, position));
    for (const one of partitions) this.assigned.set(one.partition, one);
    const announced = retryUntilDone(
      this.closing.signal,
      async () => {
        const still = partitions.filter((one) => this.assigned.get(one.partition) === one);
        if (still.length > 0) await this.options.onAssigned?.(still.map(({ partition }) => partition));
      },
      (error, attempt) => this.options.onError?.(error, attempt),
    );
    void announced
      .then(() => {
        for (const one of partitions) one.isAssigned = true;
        this.wake();
      })
      .catch(() => undefined);
  }

  private revoke(partitions: readonly AssignedPartition[]): void {
    if (partitions.length === 0) return;
    for (const { partition } of partitions) this.assigned.delete(partition);
    this.options.onRevoked?.(partitions.map(({ partition }) => partition));
  }

  private uncommitted(): Held[] {
    return [...this.assigned.values()]
      .filter(({ position, committed }) => position !== committed)
      .map(({ partition, position }) => ({ partition, position }));
  }

  private async read(client: Client): Promise<Map<AssignedPartition, Row[]>> {
    const batches = new Map<AssignedPartition, Row[]>();
    const idle = [...this.assigned.values()].filter((one) => one.isIdle() && !this.handling.has(one.partition));
    if (idle.length === 0) return batches;
    const { rows } = await client.query<Row>(
      `select m.* from unnest($2::smallint[], $3::bigint[]) as reached (partition, position) cross join lateral (
         select partition, position, key, headers, data, published_at from bus.messages
         where topic = $1 and partition = reached.partition and position > reached.position order by position limit $4) as m
       order by m.partition, m.position`,
      [
        this.options.topic,
        idle.map(({ partition }) => partition),
        idle.map(({ position }) => position),
        this.options.batchSize ?? DEFAULT_BATCH_SIZE,
      ],
    );
    for (const row of rows) {
      const one = this.assigned.get(row.partition);
      if (!one) continue;
      const batch = batches.get(one);
      if (batch) batch.push(row);
      else batches.set(one, [row]);
    }
    return batches;
  }

  private handle(one: AssignedPartition, rows: readonly Row[]): void {
    one.isBusy = true;
    const handled = this.handled(one, rows).finally(() => {
      one.isBusy = false;
      if (one.isLeaving) this.membersChanged = true;
      this.handling.delete(one.partition);
      this.wake();
    });
    this.handling.set(one.partition, handled);
  }

  private async handled(one: AssignedPartition, rows: readonly Row[]): Promise<void> {
    try {
      await this.options.onBatch(
        rows.map((row) => received(this.options.topic, row)),
        this.closing.signal,
      );
      one.position = rows.at(-1)?.position ?? one.position;
      one.failures = 0;
    } catch (error) {
      if (this.closing.signal.aborted) return;
      this.options.onError?.(error, ++one.failures);
      const wait = backoffMs(one.failures);
      one.pauseFor(wait);
      setTimeout(() => this.wake(), wait).unref();
    }
  }

  /** Created before the read, so that a message published during the read ends the wait at once. */
  private nextWake(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const received = (topic: string, row: Row): CloudEvent => ({
  ...eventOf(row.headers, {
    key: row.key,
    data: row.data,
    time: row.published_at,
    position: `${topic}/${row.partition}/${row.position}`,
  }),
  partition: row.partition,
});
