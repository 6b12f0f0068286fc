import { Module } from '@nestjs/common';

/** Messages as their readers see them: listed, searched, opened, marked, hidden, downloaded. */
@Module({})
export class MessageModule {}
