/** Network failures of Node: the other side is not there, or went away. */
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

/** SQLSTATE: 08 connection, 53300 too many connections, 57P0x shut down by an administrator or crash, starting up. */
const SQLSTATE = /^(08[0-9A-Z]{3}|53300|57P0[1-5])$/;

/** `pg` has no code for these. */
const PG_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** Whether something that we depend on (a database, a broker) is away, as opposed to a bug of ours. */
export const isOutage = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError && error.errors.some(isOutage)) return true;
  if (Reflect.get(error, 'outage') === true) return true;
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string' && (NETWORK.has(code) || SQLSTATE.test(code))) return true;
  if (PG_MESSAGES.test(error.message)) return true;
  return error.cause !== undefined && error.cause !== error && isOutage(error.cause);
};
