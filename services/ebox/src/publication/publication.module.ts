import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { ClientsModule } from '@crossroads/grpc';
import { Module } from '@nestjs/common';
import { DocumentModule } from '../document/document.module.js';
import { MailboxModule } from '../mailbox/mailbox.module.js';
import { MessageModule } from '../message/message.module.js';
import { ProviderEventModule } from '../provider-event/provider-event.module.js';
import { DocumentProviders } from './document-providers.js';
import { MessagePublishing } from './message-publishing.js';
import { MessageStates } from './message-states.js';
import { MessageStoring } from './message-storing.js';
import { MessageStream } from './message-stream.js';
import { MessageTypes } from './message-types.js';
import { NewMessageReader } from './new-message.reader.js';
import { PublicationController } from './publication.controller.js';
import { Publications } from './publications.js';
import { Recipients } from './recipients.js';

/** Repeated when a connection is lost, as it changes nothing. */
const reads = ['batchCheck'];

/** What senders publish: one message or many, to those who consented. */
@Module({
  imports: [
    ClientsModule.forFeature({ service: 'reference-directory', definition: DirectoryServiceService, reads }),
    DocumentModule,
    MailboxModule,
    MessageModule,
    ProviderEventModule,
  ],
  controllers: [PublicationController],
  providers: [
    DocumentProviders,
    MessagePublishing,
    MessageStates,
    MessageStoring,
    MessageStream,
    MessageTypes,
    NewMessageReader,
    Publications,
    Recipients,
  ],
  exports: [MessagePublishing, MessageTypes],
})
export class PublicationModule {}
