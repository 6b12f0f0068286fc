import { createLogger, type Logger } from './logger.js';

let log: Logger | undefined;

/** The log of this process. */
export const processLog = (): Logger => {
  log ??= createLogger('crossroads');
  return log;
};

/** Who speaks in it. */
export const nameProcessLog = (service: string): void => {
  log = createLogger(service);
};
