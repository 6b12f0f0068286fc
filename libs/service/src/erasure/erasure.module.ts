import { Database } from '@crossroads/database';
import { PostgresSubjectKeys, Tombstones } from '@crossroads/privacy';
import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import type { Needs } from '../needs.js';
import { MissingKeysJob } from './missing-keys.job.js';

/** What each service does that holds something about persons, when one of them is erased. */
@Global()
@Module({})
export class ErasureModule {
  static forRoot({ subjectKeys }: Needs): DynamicModule {
    const tombstones: Provider = subjectKeys
      ? {
          provide: Tombstones,
          inject: [Database, PostgresSubjectKeys],
          useFactory: (db: Database, keys: PostgresSubjectKeys) => new Tombstones(db, keys),
        }
      : { provide: Tombstones, inject: [Database], useFactory: (db: Database) => new Tombstones(db, undefined) };
    return {
      module: ErasureModule,
      providers: [tombstones, ...(subjectKeys ? [MissingKeysJob] : [])],
      exports: [Tombstones],
    };
  }
}
