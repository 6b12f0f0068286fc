import { Module } from '@nestjs/common';
import { ProviderEventList } from './provider-event-list.js';

/** What happened to messages, numbered for each provider and published on its topic. */
@Module({ providers: [ProviderEventList], exports: [ProviderEventList] })
export class ProviderEventModule {}
