import { Module } from '@nestjs/common';
import { InscriptionModule } from '../inscription/inscription.module.js';
import { JournalBacklogJob } from './journal-backlog.job.js';
import { JournalPublisher } from './journal.publisher.js';

/** Each inscription stands in the list of its person, and so does each look at one's own. */
@Module({ imports: [InscriptionModule], providers: [JournalPublisher, JournalBacklogJob] })
export class JournalModule {}
