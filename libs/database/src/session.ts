import type { Client, QueryResultRow } from 'pg';
import { BoundedClient } from './bounded-client.js';
import { columnTypes } from './column-types.js';
import { type ConnectionOptions, connectionConfig } from './timeouts.js';

const CHANNEL = 'es_log';
/** The interval between notifications: NOTIFY takes a lock on the whole cluster when it commits. */
const NOTIFY_INTERVAL_MS = 50;
/** Its statements take milliseconds. A process that was busy for seconds shall not take its own delay for that of the server. */
const STATEMENT_MS = 4_000;

/** A session-level advisory lock. */
export interface SessionLock {
  /** False once the connection was lost: another process may hold the lock by now. */
  held(): boolean;
  release(): Promise<void>;
}

/**
 * One connection beside the pool, to the server itself and not to a pooler. While it lives, so does this process for those who want its
 * leases; it also carries the notification that the log has grown between processes. It reconnects when it is used again.
 */
export class Session {
  private connecting: Promise<Client> | undefined;
  private client: Client | undefined;
  private readonly names = new Set<string>();
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

  /**
   * Undefined while another session, or another part of this process, holds the lock of this name.
   * @deprecated `Database.leases.take`: a session lock of a process that is frozen, or cut off, stays for minutes
   */
  async tryLock(name: string): Promise<SessionLock | undefined> {
    // PostgreSQL would grant a session a lock that it already holds.
    if (this.names.has(name)) return undefined;
    this.names.add(name);
    try {
      const client = await this.connect();
      if ((await this.query(client, 'select pg_try_advisory_lock(hashtextextended($1, 0)) as yes', [name])) === true)
        return this.lock(name, client);
    } catch (error) {
      this.names.delete(name);
      throw error;
    }
    this.names.delete(name);
    return undefined;
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
      .then((client) => this.query(client, `notify ${CHANNEL}`))
      .catch(() => undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.notifyTimer);
    this.listeners.clear();
    const client = await this.connecting?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  private lock(name: string, client: Client): SessionLock {
    let released = false;
    const held = () => !released && this.client === client;
    return {
      held,
      release: async () => {
        if (released) return;
        const mine = held();
        released = true;
        try {
          if (mine) await this.query(client, 'select pg_advisory_unlock(hashtextextended($1, 0)) as yes', [name]);
        } catch {
          // The connection is lost, and the lock with it.
        } finally {
          this.names.delete(name);
        }
      },
    };
  }

  private async query(client: Client, sql: string, params: readonly unknown[] = []): Promise<unknown> {
    return (await this.send<{ yes: unknown }>(client, sql, params))[0]?.yes;
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
