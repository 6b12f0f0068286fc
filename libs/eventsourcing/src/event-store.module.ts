import { Database } from '@crossroads/database';
import { Global, Module } from '@nestjs/common';
import { Commands } from './commands.js';
import { LogReader } from './log/log-reader.js';
import { LogWork } from './log/log-work.js';
import { PostgresEventStore } from './postgres-event-store.js';

/** The event store in the service's database, the commands that append to it, and its log. */
@Global()
@Module({
  providers: [
    { provide: PostgresEventStore, inject: [Database], useFactory: (db: Database) => new PostgresEventStore(db) },
    {
      provide: Commands,
      inject: [PostgresEventStore, Database],
      useFactory: (store: PostgresEventStore, db: Database) => new Commands(store, db),
    },
    { provide: LogReader, inject: [Database], useFactory: (db: Database) => new LogReader(db) },
    LogWork,
  ],
  exports: [PostgresEventStore, Commands, LogReader, LogWork],
})
export class EventStoreModule {}
