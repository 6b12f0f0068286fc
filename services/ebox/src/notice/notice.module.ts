import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { ClientsModule } from '@crossroads/grpc';
import { Module } from '@nestjs/common';
import { DocumentModule } from '../document/document.module.js';
import { MailboxModule } from '../mailbox/mailbox.module.js';
import { MessageModule } from '../message/message.module.js';
import { PublicationModule } from '../publication/publication.module.js';
import { DeliberationNoticeJob } from './deliberation-notice.job.js';
import { DeliberationNotices } from './deliberation-notices.js';
import { MutationNoticeConsumer } from './mutation-notice.consumer.js';
import { NoticeRules } from './notice-rules.js';
import { NoticeRuns } from './notice-runs.js';
import { Notices } from './notices.js';
import { PersonLookup } from './person-lookup.js';

/** Repeated when a connection is lost, as it changes nothing. */
const reads = ['batchCheck'];

/** Messages that the mesh itself publishes, by rules. */
@Module({
  imports: [
    ClientsModule.forFeature({ service: 'reference-directory', definition: DirectoryServiceService, reads }),
    DocumentModule,
    MailboxModule,
    MessageModule,
    PublicationModule,
  ],
  providers: [
    NoticeRules,
    Notices,
    PersonLookup,
    MutationNoticeConsumer,
    NoticeRuns,
    DeliberationNotices,
    DeliberationNoticeJob,
  ],
})
export class NoticeModule {}
