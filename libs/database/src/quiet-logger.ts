import type { Logger } from 'typeorm';

const nothing = (): void => undefined;

/** TypeORM prints failed migrations and statements, with their parameters; what fails is thrown, and that is enough. */
export const quietLogger: Logger = {
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
  logMigration: nothing,
  log: nothing,
};
