import { Module } from '@nestjs/common';
import { RecipientMailboxes } from './recipient-mailboxes.js';

/** Mailboxes: consents, preferences, delegates, and who may read which. */
@Module({ providers: [RecipientMailboxes], exports: [RecipientMailboxes] })
export class MailboxModule {}
