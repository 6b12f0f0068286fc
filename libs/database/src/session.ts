import pg, { type Client } from 'pg';
import { columnTypes } from './column-types.js';

const CHANNEL = 'es_log';
/** The interval between notifications: NOTIFY takes a lock on the whole cluster when it commits. */
const NOTIFY_INTERVAL_MS = 50;

/** A session-level advisory lock. */
export interface SessionLock {
  /** False once the connection was lost: another process may hold the lock by now. */
  held(): boolean;
  release(): Promise<void>;
}

/**
 * One connection beside the pool. It holds advisory locks outside a transaction (an open transaction that writes delays the readers of
 * the log) and carries the notification that the log has grown between processes. It reconnects when it is used again.
 */
export class Session {
  private connecting: Promise<Client> | undefined;
  private client: Client | undefined;
  private readonly names = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private lastQuery: Promise<unknown> = Promise.resolve();
  private notifyTimer: NodeJS.Timeout | undefined;
  private notifyAgain = false;
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly applicationName?: string,
  ) {}

  /** Undefined while another session, or another part of this process, holds the lock of this name. */
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

  /** One statement after the other, as the protocol requires. */
  private query(client: Client, sql: string, params: readonly unknown[] = []): Promise<unknown> {
    const answer = this.lastQuery.then(
      async () => (await client.query<{ yes: unknown }>(sql, [...params])).rows[0]?.yes,
    );
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
    const client = new pg.Client({
      connectionString: this.url,
      types: columnTypes,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: 10_000,
      ...(this.applicationName === undefined ? {} : { application_name: `${this.applicationName} session` }),
    });
    const gone = () => {
      if (this.client !== client) return;
      this.client = undefined;
      this.connecting = undefined;
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
