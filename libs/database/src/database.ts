import { answersInTime } from '@crossroads/configuration';
import pg, { type ClientBase, type Pool, type QueryConfig, type QueryResultRow } from 'pg';
import { DataSource, type DataSourceOptions, type EntityManager, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { BoundedClient } from './bounded-client.js';
import { columnTypes } from './column-types.js';
import { registerPool } from './open-pools.js';
import { quietLogger } from './quiet-logger.js';
import { type LeaseOptions, Leases } from './lease/leases.js';
import { Session } from './session.js';
import { connectionConfig, type Timeouts } from './timeouts.js';

/** A statement that each connection prepares once, under its name. For hot paths. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export interface Queryable {
  /** `bigint` and `xid8` columns come back as bigint, `date` as `YYYY-MM-DD`, `timestamptz` as Date, `numeric` as string. */
  query<Row>(sql: string | Statement, params?: readonly unknown[]): Promise<Row[]>;
}

export interface Executor extends Queryable {
  /** The number of rows inserted, updated or deleted. A little faster than `returning`. */
  execute(sql: string | Statement, params?: readonly unknown[]): Promise<number>;
}

/** An open transaction (read committed). One statement at a time. */
export interface Tx extends Executor {
  /** The callback runs once the transaction is durable, and not when it is rolled back. */
  afterCommit(callback: () => void): void;
  /** The same transaction for repositories: `tx.manager.withRepository(this.rows)`. */
  readonly manager: EntityManager;
}

export interface DatabaseOptions {
  readonly url: string;
  /** @default 10 */
  readonly poolSize?: number;
  readonly applicationName?: string;
  /** Where they differ from the usual ones, for all connections. */
  readonly timeouts?: Partial<Timeouts>;
  readonly leases?: LeaseOptions;
}

export interface TransactionOptions {
  /** For long work (a bulk load, a rebuild): the limit of each of its statements, and of all of them together. */
  readonly timeoutMs?: number;
}

export abstract class Database implements Executor {
  abstract readonly url: string;
  /** For what `query` and `transaction` cannot do (COPY, cursors). */
  abstract readonly pool: Pool;
  /** One connection beside the pool: leases, and the notification that the log has grown. */
  abstract readonly session: Session;
  /** What this process does alone, of all processes of the service. */
  abstract readonly leases: Leases;
  abstract query<Row>(sql: string | Statement, params?: readonly unknown[]): Promise<Row[]>;
  abstract execute(sql: string | Statement, params?: readonly unknown[]): Promise<number>;
  /** Commits when `work` resolves, else rolls back and rethrows. */
  abstract transaction<Result>(work: (tx: Tx) => Promise<Result>, options?: TransactionOptions): Promise<Result>;
  /** Whether it answers within two seconds. Never throws. */
  abstract ready(): Promise<boolean>;
  abstract close(): Promise<void>;
}

/** @throws when the database cannot be reached. Once open, it survives restarts of the server. */
export const openDatabase = async (options: DatabaseOptions): Promise<Database> => {
  const dataSource = new DataSource(dataSourceOptions(options));
  await dataSource.initialize();
  return databaseOver(dataSource, options);
};

/** A `Database` on the pool of a TypeORM data source, so that SQL and repositories share connections. */
export const databaseOver = (dataSource: DataSource, options: DatabaseOptions): Database =>
  new PostgresDatabase(options.url, dataSource, poolOf(dataSource), new Session(options), options.leases);

export const dataSourceOptions = ({ poolSize = 10, ...options }: DatabaseOptions) => {
  const { connectionString, ...config } = connectionConfig(options);
  return {
    type: 'postgres',
    url: connectionString,
    logger: quietLogger,
    poolSize,
    extra: { ...config, types: columnTypes, Client: BoundedClient },
    // An idle connection was lost: the pool opens another one when it is needed.
    poolErrorHandler: () => undefined,
  } satisfies DataSourceOptions;
};

/** The connection was lost between two statements of a transaction: TypeORM says only that it has released it. */
class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  /** An unavailable dependency, not a bug. */
  readonly outage = true;

  constructor(cause: Error) {
    super('the connection to the database was lost', { cause });
  }
}

class PostgresDatabase extends Database {
  private closing: Promise<void> | undefined;
  private readonly unregisterPool: () => void;
  readonly leases: Leases;

  constructor(
    readonly url: string,
    private readonly dataSource: DataSource,
    readonly pool: Pool,
    readonly session: Session,
    leases: LeaseOptions | undefined,
  ) {
    super();
    this.unregisterPool = registerPool(pool);
    this.leases = new Leases(session, leases);
  }

  query<Row>(sql: string | Statement, params: readonly unknown[] = []): Promise<Row[]> {
    return run<Row>(this.pool, sql, params);
  }

  execute(sql: string | Statement, params: readonly unknown[] = []): Promise<number> {
    return count(this.pool, sql, params);
  }

  async transaction<Result>(
    work: (tx: Tx) => Promise<Result>,
    { timeoutMs }: TransactionOptions = {},
  ): Promise<Result> {
    const runner = this.dataSource.createQueryRunner();
    const callbacks: (() => void)[] = [];
    let client: BoundedClient | undefined;
    try {
      const connected = (await runner.connect()) as BoundedClient;
      client = connected;
      await runner.startTransaction();
      if (timeoutMs !== undefined) await allow(client, timeoutMs);
      const result = await work({
        query: (sql, params = []) => run(connected, sql, params),
        execute: (sql, params = []) => count(connected, sql, params),
        afterCommit: (callback) => void callbacks.push(callback),
        manager: runner.manager,
      });
      await runner.commitTransaction();
      for (const callback of callbacks) callback();
      return result;
    } catch (error) {
      // On a lost connection the rollback fails too; the first error is the one that matters.
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => void client?.end().catch(ignore));
      throw error instanceof QueryRunnerAlreadyReleasedError ? new ConnectionLost(error) : error;
    } finally {
      client?.allow(undefined);
      await runner.release();
    }
  }

  ready(): Promise<boolean> {
    return answersInTime(this.query('select 1'));
  }

  close(): Promise<void> {
    this.unregisterPool();
    this.closing ??= this.leases
      .close()
      .then(() => this.session.close())
      .then(() => (this.dataSource.isInitialized ? this.dataSource.destroy() : undefined));
    return this.closing;
  }
}

const ignore = (): void => undefined;

/** How much longer than the server this process waits. */
const MARGIN_MS = 5_000;

/** For this transaction only. The timer of the transaction runs already: a new value counts once it was switched off. */
const allow = async (client: BoundedClient, ms: number): Promise<void> => {
  client.allow(ms + MARGIN_MS);
  await client.query(`set local statement_timeout = ${Math.ceil(ms)}; set local transaction_timeout = 0;
    set local transaction_timeout = ${Math.ceil(ms)}`);
};

const run = async <Row>(on: Pool | ClientBase, sql: string | Statement, params: readonly unknown[]): Promise<Row[]> =>
  (await on.query<Row & QueryResultRow>(configOf(sql, params))).rows;

const count = async (on: Pool | ClientBase, sql: string | Statement, params: readonly unknown[]): Promise<number> =>
  (await on.query(configOf(sql, params))).rowCount ?? 0;

/** A new object for each call, since `pg` modifies it. */
const configOf = (sql: string | Statement, params: readonly unknown[]): QueryConfig =>
  typeof sql === 'string'
    ? { text: sql, values: [...params] }
    : { name: sql.name, text: sql.text, values: [...params] };

/** TypeORM does not type its pool; it is a `pg` pool. */
const poolOf = (dataSource: DataSource): Pool => {
  const { driver } = dataSource;
  if ('master' in driver && driver.master instanceof pg.Pool) return driver.master;
  throw new TypeError('TypeORM no longer exposes its pool');
};
