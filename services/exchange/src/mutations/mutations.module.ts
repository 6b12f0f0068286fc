import { Clock } from '@crossroads/configuration';
import { PostgresEventStore } from '@crossroads/eventsourcing';
import { PolicyFollower } from '@crossroads/policy';
import { SubjectSealer } from '@crossroads/privacy';
import { Module } from '@nestjs/common';
import { DataSchemas } from '../sources/data-schemas.js';
import { DirectoryClient } from '../sources/directory-client.js';
import { SourcesModule } from '../sources/sources.module.js';
import { Mutations } from './mutations.js';

@Module({
  imports: [SourcesModule],
  providers: [
    {
      provide: Mutations,
      inject: [PolicyFollower, DirectoryClient, DataSchemas, PostgresEventStore, SubjectSealer, Clock],
      useFactory: (
        policies: PolicyFollower,
        directory: DirectoryClient,
        schemas: DataSchemas,
        store: PostgresEventStore,
        sealer: SubjectSealer,
        clock: Clock,
      ) => new Mutations({ policies, directory, schemas, store, sealer, now: () => clock.now() }),
    },
  ],
  exports: [Mutations],
})
export class MutationsModule {}
