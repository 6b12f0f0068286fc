import { ServiceModule } from '@crossroads/configuration';
import { DatabaseModule } from '@crossroads/database';
import { EventStoreModule } from '@crossroads/eventsourcing';
import { GrpcModule, HealthModule } from '@crossroads/grpc';
import { MessagingModule } from '@crossroads/messaging';
import { PolicyModule } from '@crossroads/policy';
import { KeysModule, SubjectKeysModule } from '@crossroads/privacy';
import { type DynamicModule, Module } from '@nestjs/common';
import type { ServiceDefinition } from './define-service.js';
import { ErasureModule } from './erasure/erasure.module.js';

/** The library modules that a service needs. */
@Module({})
export class MeshModule {
  static forService({ name, needs, settings, defaults, database, reasonCodes }: ServiceDefinition): DynamicModule {
    return {
      module: MeshModule,
      imports: [
        ServiceModule.forRoot({ name, settings, defaults }),
        ...(needs.database ? [DatabaseModule.forRoot(database)] : []),
        ...(needs.log ? [EventStoreModule] : []),
        ...(needs.keys ? [KeysModule] : []),
        ...(needs.subjectKeys ? [SubjectKeysModule] : []),
        ...(needs.bus ? [MessagingModule.forRoot(needs)] : []),
        ...(needs.erases ? [ErasureModule.forRoot(name, needs)] : []),
        ...(needs.policy ? [PolicyModule] : []),
        needs.serves ? GrpcModule.forRoot({ reasonCodes }) : HealthModule,
      ],
    };
  }
}
