import { createLogger, type Logger, type LogLevel } from './logger.js';

let log: Logger | undefined;

/** The log of this process. */
export const processLog = (): Logger => {
  log ??= createLogger('crossroads');
  return log;
};

/** Sets the service's name and the level of the process's log. */
export const nameProcessLog = (service: string, level: LogLevel): void => {
  log = createLogger(service, { level });
};
