import { processLog } from '@crossroads/telemetry';
import type { LoggerService } from '@nestjs/common';
import { traceOf } from '../errors/error-trace.js';

/** Nest's own lines in the process's log: of errors their kind and place alone, as messages may hold what nobody should read. */
export const nestLogger: LoggerService = {
  log: () => undefined,
  warn: (message: unknown) =>
    processLog().warn('nest', { message: typeof message === 'string' ? message : 'a warning' }),
  error: (error: unknown) => processLog().error('something failed in Nest', traceOf(error)),
  fatal: (error: unknown) => processLog().error('something failed in Nest', traceOf(error)),
};
