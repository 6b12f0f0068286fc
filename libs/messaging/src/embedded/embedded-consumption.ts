import { withTimeout } from '@crossroads/configuration';
import { Client } from 'pg';
import { backoffMs, pause } from '../broker/retry.js';
import type { CloudEvent, ConsumeOptions, Consumption } from '../broker/broker.js';
import { eventOf } from '../broker/cloud-event-headers.js';
import type { BrokerLog } from '../broker/broker-log.js';

const CLOSE_MS = 9_000;
/** Notifications can be lost: then a message is found after this time. */
const POLL_MS = 500;
const DEFAULT_BATCH_SIZE = 500;

interface Row {
  readonly position: string;
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly data: Buffer;
  readonly published_at: Date;
}

/**
 * One consumer of one topic, on a connection of its own. It holds the advisory lock of its group and commits its offset on the same
 * connection, so that a consumer that lost the lock cannot commit.
 */
export class EmbeddedConsumption implements Consumption {
  private readonly closing = new AbortController();
  private readonly ended: Promise<void>;
  /** Of a consumer without a group: where it resumes on a new connection. */
  private position = '0';
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
    let position = await this.startPosition(client);
    let attempt = 0;
    while (!this.closing.signal.aborted) {
      const woken = this.nextWake();
      const { rows } = await client.query<Row>(
        'select position, key, headers, data, published_at from bus.messages where topic = $1 and position > $2 order by position limit $3',
        [this.options.topic, position, this.options.batchSize ?? DEFAULT_BATCH_SIZE],
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
      position = last.position;
      await this.commit(client, position);
    }
  }

  /** False when it was closed before the lock was free. */
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

  private async startPosition(client: Client): Promise<string> {
    if (this.options.group === undefined) return this.position;
    const { rows } = await client.query<{ position: string }>(
      'select position from bus.offsets where consumer_group = $1 and topic = $2',
      [this.options.group, this.options.topic],
    );
    return rows[0]?.position ?? '0';
  }

  private async commit(client: Client, position: string): Promise<void> {
    this.position = position;
    if (this.options.group === undefined) return;
    await client.query(
      `insert into bus.offsets (consumer_group, topic, position) values ($1, $2, $3)
       on conflict (consumer_group, topic) do update set position = excluded.position`,
      [this.options.group, this.options.topic, position],
    );
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

const received = (topic: string, row: Row): CloudEvent =>
  eventOf(row.headers, {
    key: row.key,
    data: row.data,
    time: row.published_at,
    position: `${topic}/0/${row.position}`,
  });
