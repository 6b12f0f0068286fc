/** Error codes of Node for a server that cannot be reached, or went away. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
]);

/**
 * SQLSTATE: 08 connection, 53 insufficient resources (53100 disk full, 53300 too many connections), 57P0x shut down by an administrator or
 * crash, starting up; and what the time-outs and locks of our own sessions end: 57014 a statement, 25P03 and 25P04 a transaction, 55P03
 * and 40P01 a wait for a lock.
 */
const SQLSTATE = /^(08[0-9A-Z]{3}|53[0-9A-Z]{3}|57P0[1-5]|57014|25P0[34]|55P03|40P01)$/;

/** Errors of `pg` that have no code. */
const PG_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** Whether a dependency (a database, a broker) is unavailable, as opposed to a bug. */
export const isOutage = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError && error.errors.some(isOutage)) return true;
  if (Reflect.get(error, 'outage') === true) return true;
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string' && (NETWORK.has(code) || SQLSTATE.test(code))) return true;
  if (PG_MESSAGES.test(error.message)) return true;
  return error.cause !== undefined && error.cause !== error && isOutage(error.cause);
};

/** What says why a dependency is unavailable, for the log: the code of the error, or of the error that caused it. */
export const outageCodeOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string') return code;
  const causes: unknown[] = error instanceof AggregateError ? error.errors : [error.cause];
  return causes.map(outageCodeOf).find((one) => one !== undefined);
};

/** The reason of an error that stays until an operator acts, such as `KEY_MISSING`: its property `unavailable`. */
export const unavailableReasonOf = (error: unknown): string | undefined => {
  const reason: unknown = error instanceof Error ? Reflect.get(error, 'unavailable') : undefined;
  return typeof reason === 'string' ? reason : undefined;
};
