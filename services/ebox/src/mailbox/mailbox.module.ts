import { Module } from '@nestjs/common';
import { Readers } from './readers.js';
import { RecipientMailboxes } from './recipient-mailboxes.js';

/** Mailboxes: consents, preferences, delegates, and who may read which. */
@Module({ providers: [Readers, RecipientMailboxes], exports: [Readers, RecipientMailboxes] })
export class MailboxModule {}
