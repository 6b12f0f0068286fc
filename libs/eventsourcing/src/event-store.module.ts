import { Database } from '@crossroads/database';
import { Global, Module } from '@nestjs/common';
import { Commands } from './commands.js';
import { PostgresEventStore } from './postgres-event-store.js';

/** The event store in the service's database, and the commands that append to it. */
@Global()
@Module({
  providers: [
    { provide: PostgresEventStore, inject: [Database], useFactory: (db: Database) => new PostgresEventStore(db) },
    {
      provide: Commands,
      inject: [PostgresEventStore, Database],
      useFactory: (store: PostgresEventStore, db: Database) => new Commands(store, db),
    },
  ],
  exports: [PostgresEventStore, Commands],
})
export class EventStoreModule {}
