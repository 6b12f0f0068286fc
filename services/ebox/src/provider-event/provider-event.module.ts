import { Module } from '@nestjs/common';

/** What happened to messages, numbered for each provider and published on its topic. */
@Module({})
export class ProviderEventModule {}
