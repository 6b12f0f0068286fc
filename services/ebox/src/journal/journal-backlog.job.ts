import { Database } from '@crossroads/database';
import { observeJournal } from '@crossroads/messaging';
import { EBOX_ACCESS_TOPIC } from '@crossroads/topology';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

/** Metrics of journal entries that are not on the bus yet. */
@Injectable()
export class JournalBacklogJob implements OnModuleInit, OnModuleDestroy {
  private stop: () => void = () => undefined;

  constructor(private readonly db: Database) {}

  onModuleInit(): void {
    this.stop = observeJournal({
      db: this.db,
      topic: EBOX_ACCESS_TOPIC,
      types: ['MailOpened', 'DocumentOpeningIntended', 'DocumentOpeningConcluded'],
      receipted: ['DocumentOpeningIntended'],
    });
  }

  onModuleDestroy(): void {
    this.stop();
  }
}
