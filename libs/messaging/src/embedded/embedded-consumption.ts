import { withTimeout } from '@crossroads/configuration';
import { Client } from 'pg';
import { backoffMs, pause } from '../broker/retry.js';
import type { CloudEvent, ConsumeOptions, Consumption } from '../broker/broker.js';
import { eventOf } from '../broker/cloud-event-headers.js';
import type { BrokerLog } from '../broker/broker-log.js';

const CLOSE_MS = 9_000;
/** Notifications are a hint: this is how long one may be missed. */
const POLL_MS = 500;
const BATCH = 500;

interface Row {
  readonly position: string;
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly data: Buffer;
  readonly published_at: Date;
}

/**
 * One consumer of one topic on a connection of its own. The group's advisory lock and the commit of the offset are on that
 * same connection: who lost it holds neither.
 */
export class EmbeddedConsumption implements Consumption {
  private readonly closing = new AbortController();
  private readonly ended: Promise<void>;
  /** Place of a consumer without a group; kept over lost connections. */
  private place = '0';
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
      const client = new Client({ connectionString: this.url });
      client.on('error', () => this.wake());
      client.on('notification', ({ payload }) => {
        if (payload === this.options.topic) this.wake();
      });
      try {
        await client.connect();
        await client.query('listen bus');
        attempt = 0;
        await this.consumeOn(client);
      } catch (error) {
        if (this.closing.signal.aborted) break;
        this.log('warn', 'the embedded log lost its consumer', { topic: this.options.topic, error });
        await pause(backoffMs(Math.max(attempt, 1)), this.closing.signal);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  private async consumeOn(client: Client): Promise<void> {
    if (!(await this.lockGroup(client))) return;
    let place = await this.placeOf(client);
    let attempt = 0;
    while (!this.closing.signal.aborted) {
      const woken = this.nextWake();
      const { rows } = await client.query<Row>(
        'select position, key, headers, data, published_at from bus.messages where topic = $1 and position > $2 order by position limit $3',
        [this.options.topic, place, this.options.batchSize ?? BATCH],
      );
      const last = rows.at(-1);
      if (!last) {
        await woken;
        continue;
      }
      try {
        await this.options.onBatch(
          rows.map((row) => received(this.options.topic, row)),
          this.closing.signal,
        );
      } catch (error) {
        if (this.closing.signal.aborted) return;
        this.options.onError?.(error, ++attempt);
        await pause(backoffMs(attempt), this.closing.signal);
        continue;
      }
      attempt = 0;
      place = last.position;
      await this.keep(client, place);
    }
  }

  /** False when closed before this consumer's turn came. */
  private async lockGroup(client: Client): Promise<boolean> {
    if (this.options.group === undefined) return true;
    while (!this.closing.signal.aborted) {
      const { rows } = await client.query<{ locked: boolean }>(
        'select pg_try_advisory_lock(hashtextextended($1, 0)) as locked',
        [`bus/${this.options.group}/${this.options.topic}`],
      );
      if (rows[0]?.locked) return true;
      await pause(POLL_MS, this.closing.signal);
    }
    return false;
  }

  private async placeOf(client: Client): Promise<string> {
    if (this.options.group === undefined) return this.place;
    const { rows } = await client.query<{ position: string }>(
      'select position from bus.offsets where consumer_group = $1 and topic = $2',
      [this.options.group, this.options.topic],
    );
    return rows[0]?.position ?? '0';
  }

  private async keep(client: Client, place: string): Promise<void> {
    this.place = place;
    if (this.options.group === undefined) return;
    await client.query(
      `insert into bus.offsets (consumer_group, topic, position) values ($1, $2, $3)
       on conflict (consumer_group, topic) do update set position = excluded.position`,
      [this.options.group, this.options.topic, place],
    );
  }

  /** Made before the read, so that what is published during it is not waited for. */
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

const received = (topic: string, row: Row): CloudEvent =>
  eventOf(row.headers, { key: row.key, data: row.data, time: row.published_at, place: `${topic}/0/${row.position}` });
