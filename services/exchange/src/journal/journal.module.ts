import { Module } from '@nestjs/common';
import { AccessJournal } from './access-journal.js';
import { OpenAccesses } from './open-accesses.js';
import { RecordSealer } from './record-sealer.js';
import { UnknownOutcomesJob } from './unknown-outcomes.job.js';

/** The record of every release and every refusal, written before the caller is answered. */
@Module({
  providers: [RecordSealer, OpenAccesses, AccessJournal, UnknownOutcomesJob],
  exports: [AccessJournal, RecordSealer],
})
export class JournalModule {}
