import { Module } from '@nestjs/common';

/** Messages that the mesh itself publishes, by rules. */
@Module({})
export class NoticeModule {}
