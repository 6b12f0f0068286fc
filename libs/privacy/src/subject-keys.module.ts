import { type Database, DatabaseModule, KEYS_DATABASE } from '@crossroads/database';
import { Global, Module } from '@nestjs/common';
import { FileKeyProvider } from './file-key-provider.js';
import { PostgresSubjectKeys } from './postgres-subject-keys.js';
import { subjectKeyMigrations } from './subject-keys.migration.js';
import { SubjectSealer } from './subject-sealer.js';

/** Seals data per person, with a key of each person in a database of their own. */
@Global()
@Module({
  imports: [DatabaseModule.forSubjectKeys(subjectKeyMigrations)],
  providers: [
    {
      provide: PostgresSubjectKeys,
      inject: [KEYS_DATABASE, FileKeyProvider],
      useFactory: (db: Database, keys: FileKeyProvider) => new PostgresSubjectKeys({ db, keys }),
    },
    {
      provide: SubjectSealer,
      inject: [PostgresSubjectKeys],
      useFactory: (keys: PostgresSubjectKeys) => new SubjectSealer(keys),
    },
  ],
  exports: [PostgresSubjectKeys, SubjectSealer, DatabaseModule],
})
export class SubjectKeysModule {}
