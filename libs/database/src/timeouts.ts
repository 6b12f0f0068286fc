/** In milliseconds; 0 is no limit. */
export interface Timeouts {
  /** Of the server: a statement. */
  readonly statementMs: number;
  /** Of the server: waiting for a lock. Others queue behind who waits. */
  readonly lockMs: number;
  /** Of the server: a transaction between two statements. */
  readonly idleInTransactionMs: number;
  /** Of the server: a transaction from start to end. */
  readonly transactionMs: number;
  /** Of this process: a query without an answer. Longer than the server's, so that it ends only what the server cannot. */
  readonly queryMs: number;
  /** Of this process: making a connection, or waiting for a free one of the pool. */
  readonly connectMs: number;
}

const TIMEOUTS: Timeouts = {
  statementMs: 15_000,
  lockMs: 5_000,
  idleInTransactionMs: 10_000,
  transactionMs: 60_000,
  queryMs: 20_000,
  connectMs: 5_000,
};

const KEEP_ALIVE_MS = 5_000;

export interface ConnectionOptions {
  readonly url: string;
  readonly applicationName?: string | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
}

/**
 * What `pg` gets for each connection. The server's part travels in the start-up packet, so that no connection is ever without it. A peer
 * that vanished is noticed by both sides within about 10 s; the defaults of the operating system are 15 minutes and two hours.
 */
export const connectionConfig = ({ url, applicationName, timeouts }: ConnectionOptions) => {
  const limits = { ...TIMEOUTS, ...timeouts };
  return {
    connectionString: withServerSettings(url, {
      statement_timeout: limits.statementMs,
      lock_timeout: limits.lockMs,
      idle_in_transaction_session_timeout: limits.idleInTransactionMs,
      transaction_timeout: limits.transactionMs,
      tcp_user_timeout: 10_000,
      tcp_keepalives_idle: 5,
      tcp_keepalives_interval: 2,
      tcp_keepalives_count: 3,
    }),
    query_timeout: limits.queryMs,
    connectionTimeoutMillis: limits.connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    ...(applicationName === undefined ? {} : { application_name: applicationName }),
  };
};

/** `options` of the URL come last and win, so that an operator can change a single one. */
const withServerSettings = (url: string, settings: Readonly<Record<string, number>>): string => {
  const withOptions = new URL(url);
  const ours = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const theirs = withOptions.searchParams.get('options');
  withOptions.searchParams.set('options', [...ours, ...(theirs === null ? [] : [theirs])].join(' '));
  return withOptions.href;
};
