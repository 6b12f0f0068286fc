import { isNativeError } from 'node:util/types';
import pg, { type ClientConfig } from 'pg';

/** SQLSTATE: a statement, a lock, a pause in a transaction or a transaction took too long. */
const TIME_OUTS = ['57014', '55P03', '25P03', '25P04'];
/** SQLSTATE, and error codes of Node: the session was ended, or the connection lost. */
const LOST = ['57P01', '57P02', '57P03', 'ECONNRESET', 'EPIPE'];
const OUTAGES: ReadonlySet<unknown> = new Set([...TIME_OUTS, ...LOST]);
/** What `pg` says of a query whose own limit has passed. */
const UNANSWERED = 'Query read timeout';
/** What `pg` says of queries on a connection that has ended. These errors have no code. */
const ENDED = /^(Connection terminated|Client was closed|Client has encountered a connection error)/;

/** The server did not answer in time. Whether the statement took effect is not known. */
export class QueryTimeout extends Error {
  override readonly name = 'QueryTimeout';
  /** An unavailable dependency, not a bug. */
  readonly outage = true;

  constructor(cause: Error) {
    super('the database did not answer in time', { cause });
  }
}

type Callback = (error: Error | null | undefined, result?: unknown) => void;

/**
 * A connection that ends with the first query that got no answer in time: the answer may still come, and would be taken for that of the
 * next query. Errors of time-outs and of lost connections are outages.
 */
export class BoundedClient extends pg.Client {
  private readonly parameters = parametersOf(this);
  private readonly usualMs = this.parameters.query_timeout;

  constructor(config?: string | ClientConfig) {
    super(config);
    // While it is checked out of the pool, nobody else listens, and an ended session would end the process.
    this.on('error', () => undefined);
    const send = this.query.bind(this) as (...args: unknown[]) => unknown;
    const query = (...args: unknown[]): unknown => {
      const callback = args.at(-1);
      if (typeof callback === 'function')
        return send(...args.slice(0, -1), ((error, result) =>
          (callback as Callback)(error && this.judged(error), result)) satisfies Callback);
      const sent = send(...args);
      if (!(sent instanceof Promise)) return sent;
      return sent.catch((error: unknown) => {
        throw isNativeError(error) ? this.judged(error) : error;
      });
    };
    this.query = query as typeof this.query;
  }

  /** How long queries may take from now on; undefined: as configured. */
  allow(queryMs: number | undefined): void {
    this.parameters.query_timeout = queryMs ?? this.usualMs;
  }

  private judged(error: Error): Error {
    if (error.message === UNANSWERED) {
      void this.end().catch(() => undefined);
      return new QueryTimeout(error);
    }
    if (ENDED.test(error.message) || OUTAGES.has(Reflect.get(error, 'code')))
      return Object.assign(error, { outage: true });
    return error;
  }
}

/** `pg` reads the limit of each query from there, but does not type it. */
const parametersOf = (client: pg.Client): { query_timeout?: number | undefined } => {
  const parameters: unknown = Reflect.get(client, 'connectionParameters');
  if (typeof parameters === 'object' && parameters !== null) return parameters;
  throw new TypeError('pg no longer exposes its connection parameters');
};
