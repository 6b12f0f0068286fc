import { processLog } from '@crossroads/telemetry';
import type { LoggerService } from '@nestjs/common';
import { describeError } from '../errors/describe-error.js';

/** Writes Nest's own lines to the process's log; errors without their message, which may hold personal data. */
export const nestLogger: LoggerService = {
  log: () => undefined,
  warn: (message: unknown) =>
    processLog().warn('nest', { message: typeof message === 'string' ? message : 'a warning' }),
  error: (error: unknown) => processLog().error('something failed in Nest', describeError(error)),
  fatal: (error: unknown) => processLog().error('something failed in Nest', describeError(error)),
};
