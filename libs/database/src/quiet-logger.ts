import type { Logger } from 'typeorm';

const nothing = (): void => undefined;

/** TypeORM would print failed statements with their parameters, which may be personal. Their errors are thrown all the same. */
export const quietLogger: Logger = {
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
  logMigration: nothing,
  log: nothing,
};
