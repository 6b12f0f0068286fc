import { Module } from '@nestjs/common';
import { JournalBacklogJob } from './journal-backlog.job.js';
import { JournalPublisher } from './journal.publisher.js';
import { OpenDownloadAgeJob } from './open-download-age.job.js';
import { OpeningJournal } from './opening-journal.js';
import { UnknownOutcomesJob } from './unknown-outcomes.job.js';

/** Every opening of mail stands in the access journal before anything is shown. */
@Module({
  providers: [OpeningJournal, JournalPublisher, JournalBacklogJob, OpenDownloadAgeJob, UnknownOutcomesJob],
  exports: [OpeningJournal],
})
export class JournalModule {}
