import { FileKeyProvider } from '@crossroads/privacy';
import { pageTokens } from '@crossroads/service';
import { ReceiptSigner } from '@crossroads/transparency/nest';
import { Module } from '@nestjs/common';
import { DocumentModule } from '../document/document.module.js';
import { JournalModule } from '../journal/journal.module.js';
import { MailboxModule } from '../mailbox/mailbox.module.js';
import { MessageContents } from './message-contents.js';
import { MessageController } from './message.controller.js';
import { MessageDownloads } from './message-downloads.js';
import { MessageIds } from './message-ids.js';
import { MessageList } from './message-list.js';
import { MessageRows } from './message-rows.js';
import { MessageCommands } from './message.commands.js';
import { SubjectWords } from './subject-words.js';

/** Messages as their readers see them: listed, searched, opened, marked, hidden, downloaded. */
@Module({
  imports: [JournalModule, MailboxModule, DocumentModule],
  controllers: [MessageController],
  providers: [
    MessageContents,
    MessageList,
    MessageCommands,
    MessageDownloads,
    MessageIds,
    MessageRows,
    ReceiptSigner,
    {
      provide: SubjectWords,
      inject: [FileKeyProvider],
      useFactory: async (keys: FileKeyProvider) => new SubjectWords(await keys.secret('subject-words')),
    },
    pageTokens,
  ],
  exports: [MessageIds, MessageRows, SubjectWords],
})
export class MessageModule {}
