import { Database } from '@crossroads/database';
import { Global, Module } from '@nestjs/common';
import { PostgresEventStore } from './postgres-event-store.js';

/** The event store in the service's database. */
@Global()
@Module({
  providers: [
    { provide: PostgresEventStore, inject: [Database], useFactory: (db: Database) => new PostgresEventStore(db) },
  ],
  exports: [PostgresEventStore],
})
export class EventStoreModule {}
