import { Module } from '@nestjs/common';
import { DeliveryJournal } from './delivery-journal.js';
import { JournalBacklogJob } from './journal-backlog.job.js';
import { JournalPublisher } from './journal.publisher.js';

/** A delivery is an access: it stands in the journal, for access-audit, before it can be sent. */
@Module({
  providers: [DeliveryJournal, JournalPublisher, JournalBacklogJob],
  exports: [DeliveryJournal],
})
export class JournalModule {}
