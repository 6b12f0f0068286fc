import { type Logger, processLog } from '@crossroads/telemetry';
import { describeError } from './describe-error.js';
import { outageCodeOf } from './outage.js';
import { isUnavailable } from './status.js';

/** Logs why a call failed: a dependency that is unavailable as a warning with its code (53300: too many connections), a bug with its stack. */
export const logUnexpected = (
  error: unknown,
  rpc: string,
  log: Pick<Logger, 'warn' | 'error'> = processLog(),
): void => {
  const { error: kind, ...described } = describeError(error);
  if (isUnavailable(error))
    log.warn('DEPENDENCY_UNAVAILABLE: a call needs what does not answer now', {
      rpc,
      error: kind,
      code: outageCodeOf(error),
    });
  else log.error('a call failed unexpectedly', { rpc, error: kind, ...described });
};
