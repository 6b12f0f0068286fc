import { Clock, ReadinessChecks } from '@crossroads/configuration';
import { Database } from '@crossroads/database';
import { coalescingAppender, PostgresEventStore } from '@crossroads/eventsourcing';
import { warn } from '@crossroads/grpc';
import { observeJournal } from '@crossroads/messaging';
import { SubjectSealer } from '@crossroads/privacy';
import { exchange } from '@crossroads/topology';
import { Injectable, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { AccessJournal } from './access-journal.js';
import { OpenAccesses } from './open-accesses.js';
import { RecordSeals } from './sealed-record.js';
import { UnknownOutcomes } from './unknown-outcomes.js';

/** Closes what is left open, from before the first call until after the last. */
@Injectable()
class UnknownOutcomesJob implements OnModuleInit, OnModuleDestroy {
  private readonly outcomes: UnknownOutcomes;
  private readonly unobserve: () => void;

  constructor(
    db: Database,
    store: PostgresEventStore,
    seals: RecordSeals,
    open: OpenAccesses,
    clock: Clock,
    needs: ReadinessChecks,
  ) {
    const now = () => clock.now();
    this.outcomes = new UnknownOutcomes({ db, store, seals, open, now, onError: warn('unknown outcomes') });
    this.unobserve = observeJournal({
      db,
      relay: exchange.name,
      types: ['AccessIntended', 'AccessConcluded', 'AccessRefused'],
      receipted: ['AccessIntended'],
    });
    needs.add('journal', () => open.ready());
  }

  onModuleInit(): Promise<void> {
    return this.outcomes.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.unobserve();
    await this.outcomes.close();
  }
}

/** What every release and every refusal is written to before it is answered. */
@Module({
  providers: [
    { provide: RecordSeals, inject: [SubjectSealer], useFactory: (sealer: SubjectSealer) => new RecordSeals(sealer) },
    {
      provide: OpenAccesses,
      inject: [Database, Clock],
      useFactory: (db: Database, clock: Clock) => new OpenAccesses(db, () => clock.now()),
    },
    {
      provide: AccessJournal,
      inject: [PostgresEventStore, RecordSeals, OpenAccesses],
      useFactory: (store: PostgresEventStore, seals: RecordSeals, open: OpenAccesses) =>
        new AccessJournal(store, coalescingAppender(store), seals, open),
    },
    UnknownOutcomesJob,
  ],
  exports: [AccessJournal, RecordSeals],
})
export class JournalModule {}
