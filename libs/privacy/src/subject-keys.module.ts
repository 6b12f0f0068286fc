import { Database, DatabaseModule, KEYS_DATABASE } from '@crossroads/database';
import { Global, Logger, Module } from '@nestjs/common';
import { FileKeyProvider } from './file-key-provider.js';
import { PostgresSubjectKeys } from './postgres-subject-keys.js';
import { subjectKeyMigrations } from './subject-keys.migration.js';
import { SubjectSealer } from './subject-sealer.js';
import { MissingKeys } from './tombstones/missing-keys.js';
import { reconcileTombstones } from './tombstones/tombstones.js';

/**
 * Seals data per person, with a key of each person in a database of their own. The application is not created before both copies of the
 * tombstones are the same, so that no door opens onto an erased person after a restore.
 */
@Global()
@Module({
  imports: [DatabaseModule.forSubjectKeys(subjectKeyMigrations)],
  providers: [
    {
      provide: PostgresSubjectKeys,
      inject: [Database, KEYS_DATABASE, FileKeyProvider],
      useFactory: async (db: Database, keysDb: Database, keys: FileKeyProvider) => {
        const lacked = await reconcileTombstones(db, keysDb);
        if (lacked.keys + lacked.own > 0)
          Logger.warn(
            `after a restore, tombstones were applied: ${lacked.keys} to the keys database, ${lacked.own} to the service's`,
          );
        return new PostgresSubjectKeys({ db: keysDb, keys });
      },
    },
    { provide: MissingKeys, useFactory: () => new MissingKeys() },
    {
      provide: SubjectSealer,
      inject: [PostgresSubjectKeys, MissingKeys],
      useFactory: (keys: PostgresSubjectKeys, missing: MissingKeys) => new SubjectSealer(keys, missing.met),
    },
  ],
  exports: [PostgresSubjectKeys, SubjectSealer, MissingKeys, DatabaseModule],
})
export class SubjectKeysModule {}
