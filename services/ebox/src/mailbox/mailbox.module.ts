import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { ClientsModule } from '@crossroads/grpc';
import { SignInModule } from '@crossroads/sign-in';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ConsentEntity } from './consent.entity.js';
import { ConsentRepository } from './consent.repository.js';
import { DelegationEntity } from './delegation.entity.js';
import { DelegationRepository } from './delegation.repository.js';
import { MailboxEntity } from './mailbox.entity.js';
import { MailboxRepository } from './mailbox.repository.js';
import { Readers } from './readers.js';
import { RecipientMailboxes } from './recipient-mailboxes.js';

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
  providers: [MailboxRepository, ConsentRepository, DelegationRepository, Readers, RecipientMailboxes],
  exports: [Readers, RecipientMailboxes],
})
export class MailboxModule {}
