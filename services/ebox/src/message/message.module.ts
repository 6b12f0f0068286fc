import { FileKeyProvider } from '@crossroads/privacy';
import { Module } from '@nestjs/common';
import { MessageIds } from './message-ids.js';
import { MessageRows } from './message-rows.js';
import { SubjectWords } from './subject-words.js';

/** Messages as their readers see them: listed, searched, opened, marked, hidden, downloaded. */
@Module({
  providers: [
    MessageIds,
    MessageRows,
    {
      provide: SubjectWords,
      inject: [FileKeyProvider],
      useFactory: async (keys: FileKeyProvider) => new SubjectWords(await keys.secret('subject-words')),
    },
  ],
  exports: [MessageIds, MessageRows, SubjectWords],
})
export class MessageModule {}
