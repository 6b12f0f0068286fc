import { Module } from '@nestjs/common';

/** What senders publish: one message or many, to those who consented. */
@Module({})
export class PublicationModule {}
