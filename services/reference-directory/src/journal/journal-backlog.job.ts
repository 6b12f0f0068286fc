import { Database } from '@crossroads/database';
import { observeJournal } from '@crossroads/messaging';
import { OWN_DATA_LOOKED } from '@crossroads/sign-in';
import { DIRECTORY_ACCESS_TOPIC } from '@crossroads/topology';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { PERSONS_INSCRIBED } from '../inscription/inscription-journal.js';

/** Metrics of journal entries that are not on the bus yet. */
@Injectable()
export class JournalBacklogJob implements OnModuleInit, OnModuleDestroy {
  private stop: () => void = () => undefined;

  constructor(private readonly db: Database) {}

  onModuleInit(): void {
    this.stop = observeJournal({
      db: this.db,
      topic: DIRECTORY_ACCESS_TOPIC,
      types: [PERSONS_INSCRIBED, OWN_DATA_LOOKED],
      receipted: [],
    });
  }

  onModuleDestroy(): void {
    this.stop();
  }
}
