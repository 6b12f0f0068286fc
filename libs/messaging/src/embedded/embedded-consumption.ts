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
import { Lane } from './lane.js';

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
  private readonly lanes = new Map<number, Lane>();
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
      if (this.lanes.size === 0)
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
      for (const [lane, rows] of batches) this.handle(lane, rows);
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
      const lane = this.lanes.get(partition);
      if (lane) lane.committed = position;
    }
    await membership.renew(client);
    const { held, share } = await membership.held(client);
    const ours = new Set(held.map(({ partition }) => partition));
    this.revoke([...this.lanes.values()].filter(({ partition }) => !ours.has(partition)));
    this.assign(held.filter(({ partition }) => !this.lanes.has(partition)));
    if (held.length < share) this.assign(await membership.take(client, share - held.length));
    await this.giveBack(client, membership, share);
  }

  private async giveBack(client: Client, membership: GroupMembership, share: number): Promise<void> {
    const lanes = [...this.lanes.values()].sort((one, other) => one.partition - other.partition);
    for (const [n, lane] of lanes.entries()) lane.isLeaving = n >= share;
    const leaving = lanes.filter((lane) => lane.isLeaving && !lane.isBusy);
    if (leaving.length === 0) return;
    await membership.giveBack(client, leaving);
    this.revoke(leaving);
    await membership.tellOthers(client);
  }

  private assign(taken: readonly Held[]): void {
    if (taken.length === 0) return;
    const lanes = taken.map(({ partition, position }) => new Lane(partition, position));
    for (const lane of lanes) this.lanes.set(lane.partition, lane);
    const assigned = retryUntilDone(
      this.closing.signal,
      async () => {
        const still = lanes.filter((lane) => this.lanes.get(lane.partition) === lane);
        if (still.length > 0) await this.options.onAssigned?.(still.map(({ partition }) => partition));
      },
      (error, attempt) => this.options.onError?.(error, attempt),
    );
    void assigned
      .then(() => {
        for (const lane of lanes) lane.isAssigned = true;
        this.wake();
      })
      .catch(() => undefined);
  }

  private revoke(lanes: readonly Lane[]): void {
    if (lanes.length === 0) return;
    for (const { partition } of lanes) this.lanes.delete(partition);
    this.options.onRevoked?.(lanes.map(({ partition }) => partition));
  }

  private uncommitted(): Held[] {
    return [...this.lanes.values()]
      .filter(({ position, committed }) => position !== committed)
      .map(({ partition, position }) => ({ partition, position }));
  }

  private async read(client: Client): Promise<Map<Lane, Row[]>> {
    const batches = new Map<Lane, Row[]>();
    const idle = [...this.lanes.values()].filter((lane) => lane.isIdle() && !this.handling.has(lane.partition));
    if (idle.length === 0) return batches;
    const { rows } = await client.query<Row>(
      `select m.* from unnest($2::smallint[], $3::bigint[]) as lane (partition, position) cross join lateral (
         select partition, position, key, headers, data, published_at from bus.messages
         where topic = $1 and partition = lane.partition and position > lane.position order by position limit $4) as m
       order by m.partition, m.position`,
      [
        this.options.topic,
        idle.map(({ partition }) => partition),
        idle.map(({ position }) => position),
        this.options.batchSize ?? DEFAULT_BATCH_SIZE,
      ],
    );
    for (const row of rows) {
      const lane = this.lanes.get(row.partition);
      if (!lane) continue;
      const batch = batches.get(lane);
      if (batch) batch.push(row);
      else batches.set(lane, [row]);
    }
    return batches;
  }

  private handle(lane: Lane, rows: readonly Row[]): void {
    lane.isBusy = true;
    const handled = this.handled(lane, rows).finally(() => {
      lane.isBusy = false;
      if (lane.isLeaving) this.membersChanged = true;
      this.handling.delete(lane.partition);
      this.wake();
    });
    this.handling.set(lane.partition, handled);
  }

  private async handled(lane: Lane, rows: readonly Row[]): Promise<void> {
    try {
      await this.options.onBatch(
        rows.map((row) => received(this.options.topic, row)),
        this.closing.signal,
      );
      lane.position = rows.at(-1)?.position ?? lane.position;
      lane.failures = 0;
    } catch (error) {
      if (this.closing.signal.aborted) return;
      this.options.onError?.(error, ++lane.failures);
      const wait = backoffMs(lane.failures);
      lane.pauseFor(wait);
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
