import { answersInTime } from '@crossroads/configuration';
import pg, { type Pool, type PoolClient, type QueryConfig, type QueryResultRow } from 'pg';
import { DataSource, type DataSourceOptions, type EntityManager, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { columnTypes } from './column-types.js';
import { registerPool } from './open-pools.js';
import { quietLogger } from './quiet-logger.js';
import { Session } from './session.js';

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
}

export abstract class Database implements Executor {
  abstract readonly url: string;
  /** For what `query` and `transaction` cannot do (COPY, cursors). */
  abstract readonly pool: Pool;
  /** One connection beside the pool: advisory locks, and the notification that the log has grown. */
  abstract readonly session: Session;
  abstract query<Row>(sql: string | Statement, params?: readonly unknown[]): Promise<Row[]>;
  abstract execute(sql: string | Statement, params?: readonly unknown[]): Promise<number>;
  /** Commits when `work` resolves, else rolls back and rethrows. */
  abstract transaction<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result>;
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
export const databaseOver = (dataSource: DataSource, { url, applicationName }: DatabaseOptions): Database =>
  new PostgresDatabase(url, dataSource, poolOf(dataSource), new Session(url, applicationName));

export const dataSourceOptions = ({ url, poolSize = 10, applicationName }: DatabaseOptions) =>
  ({
    type: 'postgres',
    url,
    logger: quietLogger,
    poolSize,
    connectTimeoutMS: 10_000,
    ...(applicationName === undefined ? {} : { applicationName }),
    extra: {
      types: columnTypes,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      // An open transaction that writes delays the readers of every log in the cluster.
      idle_in_transaction_session_timeout: 60_000,
    },
    // An idle connection was lost: the pool opens another one when it is needed.
    poolErrorHandler: () => undefined,
  }) satisfies DataSourceOptions;

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

  constructor(
    readonly url: string,
    private readonly dataSource: DataSource,
    readonly pool: Pool,
    readonly session: Session,
  ) {
    super();
    this.unregisterPool = registerPool(pool);
  }

  query<Row>(sql: string | Statement, params: readonly unknown[] = []): Promise<Row[]> {
    return run<Row>(this.pool, sql, params);
  }

  execute(sql: string | Statement, params: readonly unknown[] = []): Promise<number> {
    return count(this.pool, sql, params);
  }

  async transaction<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    const runner = this.dataSource.createQueryRunner();
    const callbacks: (() => void)[] = [];
    try {
      const client = (await runner.connect()) as PoolClient;
      await runner.startTransaction();
      const result = await work({
        query: (sql, params = []) => run(client, sql, params),
        execute: (sql, params = []) => count(client, sql, params),
        afterCommit: (callback) => void callbacks.push(callback),
        manager: runner.manager,
      });
      await runner.commitTransaction();
      for (const callback of callbacks) callback();
      return result;
    } catch (error) {
      // On a lost connection the rollback fails too; the first error is the one that matters.
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error instanceof QueryRunnerAlreadyReleasedError ? new ConnectionLost(error) : error;
    } finally {
      await runner.release();
    }
  }

  ready(): Promise<boolean> {
    return answersInTime(this.query('select 1'));
  }

  close(): Promise<void> {
    this.unregisterPool();
    this.closing ??= this.session
      .close()
      .then(() => (this.dataSource.isInitialized ? this.dataSource.destroy() : undefined));
    return this.closing;
  }
}

const run = async <Row>(on: Pool | PoolClient, sql: string | Statement, params: readonly unknown[]): Promise<Row[]> =>
  (await on.query<Row & QueryResultRow>(configOf(sql, params))).rows;

const count = async (on: Pool | PoolClient, sql: string | Statement, params: readonly unknown[]): Promise<number> =>
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
