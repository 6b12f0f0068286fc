import { Database } from '@crossroads/database';
import { PostgresSubjectKeys, Tombstones } from '@crossroads/privacy';
import { personRegistry, type ServiceName } from '@crossroads/topology';
import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { Needs } from '../needs.js';
import { AcknowledgingJob } from './acknowledging.job.js';
import { ErasureConsumer } from './erasure.consumer.js';
import { MissingKeysJob } from './missing-keys.job.js';
import { AllPersonRows } from './person-rows.js';

/**
 * What each service that holds something about persons does when one of them is erased. The registry, which orders it, has a job of its
 * own.
 */
@Global()
@Module({})
export class ErasureModule {
  static forRoot(name: ServiceName, { subjectKeys }: Needs): DynamicModule {
    const tombstones: Provider = subjectKeys
      ? {
          provide: Tombstones,
          inject: [Database, PostgresSubjectKeys],
          useFactory: (db: Database, keys: PostgresSubjectKeys) => new Tombstones(db, keys),
        }
      : { provide: Tombstones, inject: [Database], useFactory: (db: Database) => new Tombstones(db, undefined) };
    return {
      module: ErasureModule,
      imports: [DiscoveryModule],
      providers: [
        tombstones,
        AllPersonRows,
        ...(subjectKeys ? [MissingKeysJob] : []),
        ...(name === personRegistry.name ? [] : [ErasureConsumer, AcknowledgingJob]),
      ],
      exports: [Tombstones, AllPersonRows],
    };
  }
}
