import { answersInTime } from '@crossroads/configuration';
import pg, { type Pool, type PoolClient, type QueryConfig, type QueryResultRow } from 'pg';
import { DataSource, type DataSourceOptions, type EntityManager } from 'typeorm';
import { columnTypes } from './column-types.js';
import { notePool } from './open-pools.js';
import { quietLogger } from './quiet-logger.js';
import { Session } from './session.js';

/** A statement that is prepared once for each connection, under its name. For hot paths. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export interface Queryable {
  /** `bigint` and `xid8` columns come back as bigint, `date` as `YYYY-MM-DD`, `timestamptz` as Date, `numeric` as string. */
  query<Row>(sql: string | Statement, params?: readonly unknown[]): Promise<Row[]>;
}

export interface Executor extends Queryable {
  /** The number of rows inserted, updated or deleted. A little faster than `returning`, which has PostgreSQL keep the rows. */
  execute(sql: string | Statement, params?: readonly unknown[]): Promise<number>;
}

/** An open transaction (read committed). One statement at a time. */
export interface Tx extends Executor {
  /** Runs once the transaction is durable; not when it is rolled back. */
  afterCommit(then: () => void): void;
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
  /** The connections themselves, where `query` and `transaction` do not reach (COPY, cursors). */
  abstract readonly pool: Pool;
  /** A connection of its own beside the pool: advisory locks of processors and the hint that the log has grown. */
  abstract readonly session: Session;
  abstract query<Row>(sql: string | Statement, params?: readonly unknown[]): Promise<Row[]>;
  abstract execute(sql: string | Statement, params?: readonly unknown[]): Promise<number>;
  /** Commits when `work` resolves, else rolls back and rethrows. */
  abstract transaction<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result>;
  /** Whether it answers within two seconds. Never throws. */
  abstract ready(): Promise<boolean>;
  abstract close(): Promise<void>;
}

/** Connects, or throws when the database cannot be reached. Afterwards it survives restarts of the server. */
export const openDatabase = async (options: DatabaseOptions): Promise<Database> => {
  const dataSource = new DataSource(dataSourceOptions(options));
  await dataSource.initialize();
  return databaseOver(dataSource, options);
};

/** The same database, for SQL of its own and for repositories: one pool. */
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
      // An open transaction that writes holds every reader of the log back, in each database of the cluster.
      idle_in_transaction_session_timeout: 60_000,
    },
    // A connection lost while idle: the pool opens another when one is asked for.
    poolErrorHandler: () => undefined,
  }) satisfies DataSourceOptions;

class PostgresDatabase extends Database {
  private closing: Promise<void> | undefined;
  private readonly forgetPool: () => void;

  constructor(
    readonly url: string,
    private readonly dataSource: DataSource,
    readonly pool: Pool,
    readonly session: Session,
  ) {
    super();
    this.forgetPool = notePool(pool);
  }

  query<Row>(sql: string | Statement, params: readonly unknown[] = []): Promise<Row[]> {
    return run<Row>(this.pool, sql, params);
  }

  execute(sql: string | Statement, params: readonly unknown[] = []): Promise<number> {
    return count(this.pool, sql, params);
  }

  async transaction<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    const runner = this.dataSource.createQueryRunner();
    const committed: (() => void)[] = [];
    try {
      const client = (await runner.connect()) as PoolClient;
      await runner.startTransaction();
      const result = await work({
        query: (sql, params = []) => run(client, sql, params),
        execute: (sql, params = []) => count(client, sql, params),
        afterCommit: (then) => void committed.push(then),
        manager: runner.manager,
      });
      await runner.commitTransaction();
      for (const then of committed) then();
      return result;
    } catch (error) {
      // The first error is the one that tells why; a rollback on a lost connection fails as well.
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  }

  ready(): Promise<boolean> {
    return answersInTime(this.query('select 1'));
  }

  close(): Promise<void> {
    this.forgetPool();
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

/** A new object for each call, since `pg` writes into it. */
const configOf = (sql: string | Statement, params: readonly unknown[]): QueryConfig =>
  typeof sql === 'string'
    ? { text: sql, values: [...params] }
    : { name: sql.name, text: sql.text, values: [...params] };

/** TypeORM's driver types its pool as unknown things; it is the one of `pg`. */
const poolOf = (dataSource: DataSource): Pool => {
  const { driver } = dataSource;
  if ('master' in driver && driver.master instanceof pg.Pool) return driver.master;
  throw new TypeError('TypeORM no longer shows its pool');
};
