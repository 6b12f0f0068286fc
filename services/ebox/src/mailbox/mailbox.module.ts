import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { ClientsModule } from '@crossroads/grpc';
import { pageTokens } from '@crossroads/service';
import { SignInModule } from '@crossroads/sign-in';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ErasedMailboxes } from '../erasure/erased-mailboxes.js';
import { ConsentEntity } from './consent.entity.js';
import { ConsentRepository } from './consent.repository.js';
import { DelegateCommands } from './delegate.commands.js';
import { DelegationEntity } from './delegation.entity.js';
import { DelegationRepository } from './delegation.repository.js';
import { MailboxDecisions } from './mailbox-decisions.js';
import { MailboxList } from './mailbox-list.js';
import { MailboxRows } from './mailbox-rows.js';
import { MailboxCommands } from './mailbox.commands.js';
import { MailboxController } from './mailbox.controller.js';
import { MailboxEntity } from './mailbox.entity.js';
import { MailboxRepository } from './mailbox.repository.js';
import { Readers } from './readers.js';
import { RecipientMailboxes } from './recipient-mailboxes.js';
import { SealedTexts } from './sealed-texts.js';
import { UnreadMessages } from './unread-messages.js';

/** Mailboxes: consents, preferences, delegates, and who may read which. */
@Module({
  imports: [
    TypeOrmModule.forFeature([MailboxEntity, ConsentEntity, DelegationEntity]),
    SignInModule,
    ClientsModule.forFeature({
      service: 'reference-directory',
      definition: DirectoryServiceService,
      reads: ['check', 'batchCheck'],
    }),
  ],
  controllers: [MailboxController],
  providers: [
    MailboxRepository,
    ConsentRepository,
    DelegationRepository,
    Readers,
    RecipientMailboxes,
    MailboxList,
    MailboxDecisions,
    MailboxRows,
    MailboxCommands,
    DelegateCommands,
    SealedTexts,
    UnreadMessages,
    ErasedMailboxes,
    pageTokens,
  ],
  exports: [Readers, RecipientMailboxes],
})
export class MailboxModule {}
