import pg, { type Client } from 'pg';
import { columnTypes } from './column-types.js';

const CHANNEL = 'es_log';
/** Other processes are told at most this often; NOTIFY takes a lock on the whole cluster when it commits. */
const HINT_EVERY_MS = 50;

/** A session-level advisory lock. */
export interface SessionLock {
  /** False once the connection was lost: another process may hold it by now. */
  held(): boolean;
  release(): Promise<void>;
}

/**
 * One connection beside the pool. It holds advisory locks without a transaction (an open one that writes would hold the
 * log's readers back) and carries the hint "the log has grown" between processes. It comes back by itself at next use.
 */
export class Session {
  private connecting: Promise<Client> | undefined;
  private client: Client | undefined;
  private readonly names = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private asked: Promise<unknown> = Promise.resolve();
  private hint: NodeJS.Timeout | undefined;
  private again = false;
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly applicationName?: string,
  ) {}

  /** The lock of this name, or nothing while another session, or another part of this process, holds it. */
  async tryLock(name: string): Promise<SessionLock | undefined> {
    // PostgreSQL would give the same session the same lock twice.
    if (this.names.has(name)) return undefined;
    this.names.add(name);
    try {
      const client = await this.connect();
      if ((await this.ask(client, 'select pg_try_advisory_lock(hashtextextended($1, 0)) as yes', [name])) === true)
        return this.lock(name, client);
    } catch (error) {
      this.names.delete(name);
      throw error;
    }
    this.names.delete(name);
    return undefined;
  }

  /** Calls `listener` when the log may have grown. A hint: it can be lost, and can come for nothing. */
  onLogGrown(listener: () => void): () => void {
    this.listeners.add(listener);
    this.connect().catch(() => undefined);
    return () => void this.listeners.delete(listener);
  }

  /** To be called after a commit that appended: wakes the readers here at once, those elsewhere within 10 ms or so. */
  logGrown(): void {
    for (const listener of this.listeners) listener();
    if (this.closed) return;
    if (this.hint) {
      this.again = true;
      return;
    }
    this.hint = setTimeout(() => {
      this.hint = undefined;
      if (this.again) this.logGrown();
    }, HINT_EVERY_MS).unref();
    this.again = false;
    this.connect()
      .then((client) => this.ask(client, `notify ${CHANNEL}`))
      .catch(() => undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.hint);
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
          if (mine) await this.ask(client, 'select pg_advisory_unlock(hashtextextended($1, 0)) as yes', [name]);
        } catch {
          // The connection is gone, and the lock with it.
        } finally {
          this.names.delete(name);
        }
      },
    };
  }

  /** One statement after the other, as the protocol has it. */
  private ask(client: Client, sql: string, params: readonly unknown[] = []): Promise<unknown> {
    const answer = this.asked.then(async () => (await client.query<{ yes: unknown }>(sql, [...params])).rows[0]?.yes);
    this.asked = answer.catch(() => undefined);
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
      // What this process wrote it has told its own listeners already.
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
