export * from './database.js';
export * from './database.module.js';
export { ExclusiveWork } from './exclusive-work.js';
export { type MigrateOptions, type MigrationClass, migrate } from './migrate.js';
export { poolUse } from './open-pools.js';
export { migrateSchemas, prepareSchemas, type Schema } from './schema.js';
export type { Session, SessionLock } from './session.js';
