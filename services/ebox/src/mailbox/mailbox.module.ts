import { Module } from '@nestjs/common';
import { Readers } from './readers.js';

/** Mailboxes: consents, preferences, delegates, and who may read which. */
@Module({ providers: [Readers], exports: [Readers] })
export class MailboxModule {}
