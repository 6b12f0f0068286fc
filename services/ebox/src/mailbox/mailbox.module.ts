import { Module } from '@nestjs/common';

/** Mailboxes: consents, preferences, delegates, and who may read which. */
@Module({})
export class MailboxModule {}
