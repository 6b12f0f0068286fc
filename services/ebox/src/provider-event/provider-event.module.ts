import { FileKeyProvider, Pseudonyms } from '@crossroads/privacy';
import { Module } from '@nestjs/common';
import { EventLagJob } from './event-lag.job.js';
import { EventRecordingJob } from './event-recording.job.js';
import { EventRelayJob } from './event-relay.job.js';
import { ProviderEventList } from './provider-event-list.js';
import { ProviderEventNumbering } from './provider-event-numbering.js';

/** What happened to messages, numbered for each provider and published on its topic. */
@Module({
  providers: [
    ProviderEventNumbering,
    EventRecordingJob,
    EventRelayJob,
    EventLagJob,
    ProviderEventList,
    {
      provide: Pseudonyms,
      inject: [FileKeyProvider],
      useFactory: async (keys: FileKeyProvider) => new Pseudonyms(await keys.secret('pseudonyms')),
    },
  ],
  exports: [ProviderEventList],
})
export class ProviderEventModule {}
