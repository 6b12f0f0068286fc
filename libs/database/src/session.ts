import type { Client, QueryResultRow } from 'pg';
import { BoundedClient } from './bounded-client.js';
import { columnTypes } from './column-types.js';
import { type ConnectionOptions, connectionConfig } from './timeouts.js';

const CHANNEL = 'es_log';
/** The interval between notifications: NOTIFY takes a lock on the whole cluster when it commits. */
const NOTIFY_INTERVAL_MS = 50;
/** Its statements take milliseconds. A process that was busy for seconds shall not take its own delay for that of the server. */
const STATEMENT_MS = 4_000;

/**
 * One connection beside the pool, to the server itself and not to a pooler. While it lives, so does this process for those who want its
 * leases; it also carries the notification that the log has grown between processes. It reconnects when it is used again.
 */
export class Session {
  private connecting: Promise<Client> | undefined;
  private client: Client | undefined;
  private readonly listeners = new Set<() => void>();
  private readonly endListeners = new Set<() => void>();
  private lastQuery: Promise<unknown> = Promise.resolve();
  private notifyTimer: NodeJS.Timeout | undefined;
  private notifyAgain = false;
  private closed = false;

  constructor(private readonly options: ConnectionOptions) {}

  /** One statement after the other, each for itself. */
  async rows<Row>(sql: string, params: readonly unknown[]): Promise<Row[]> {
    const client = await this.connect();
    return this.send<Row>(client, sql, params);
  }

  /** Calls `listener` when the connection is lost. */
  onEnd(listener: () => void): () => void {
    this.endListeners.add(listener);
    return () => void this.endListeners.delete(listener);
  }

  /** Calls `listener` when the log may have grown. Notifications can be lost, and can come without need. */
  onLogGrown(listener: () => void): () => void {
    this.listeners.add(listener);
    this.connect().catch(() => undefined);
    return () => void this.listeners.delete(listener);
  }

  /** Call it after a commit that appended. It wakes the readers of this process at once, those of others some milliseconds later. */
  logGrown(): void {
    for (const listener of this.listeners) listener();
    if (this.closed) return;
    if (this.notifyTimer) {
      this.notifyAgain = true;
      return;
    }
    this.notifyTimer = setTimeout(() => {
      this.notifyTimer = undefined;
      if (this.notifyAgain) this.logGrown();
    }, NOTIFY_INTERVAL_MS).unref();
    this.notifyAgain = false;
    this.connect()
      .then((client) => this.send(client, `notify ${CHANNEL}`, []))
      .catch(() => undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.notifyTimer);
    this.listeners.clear();
    const client = await this.connecting?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  private send<Row>(client: Client, sql: string, params: readonly unknown[]): Promise<Row[]> {
    const answer = this.lastQuery.then(async () => (await client.query<Row & QueryResultRow>(sql, [...params])).rows);
    this.lastQuery = answer.catch(() => undefined);
    return answer;
  }

  private connect(): Promise<Client> {
    if (this.closed) return Promise.reject(new Error('the database is closed'));
    this.connecting ??= this.open().catch((error: unknown) => {
      this.connecting = undefined;
      throw error;
    });
    return this.connecting;
  }

  private async open(): Promise<Client> {
    const { applicationName, timeouts } = this.options;
    const client = new BoundedClient({
      ...connectionConfig({
        ...this.options,
        timeouts: { ...timeouts, statementMs: STATEMENT_MS, queryMs: STATEMENT_MS, connectMs: STATEMENT_MS },
        applicationName: applicationName && `${applicationName} session`,
      }),
      types: columnTypes,
    });
    const gone = () => {
      if (this.client !== client) return;
      this.client = undefined;
      this.connecting = undefined;
      for (const listener of this.endListeners) listener();
    };
    client.on('error', gone);
    client.on('end', gone);
    client.on('notification', ({ processId }) => {
      // The listeners of this process were called when it appended.
      if (processId === backendOf(client)) return;
      for (const listener of this.listeners) listener();
    });
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    this.client = client;
    return client;
  }
}

const backendOf = (client: Client): number | undefined =>
  'processID' in client && typeof client.processID === 'number' ? client.processID : undefined;
