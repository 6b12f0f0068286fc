import { Database } from '@crossroads/database';
import { Bus, TopicProvisioning } from '@crossroads/messaging';
import { PolicyFollower } from '@crossroads/policy';
import { FileKeyProvider, Pseudonyms } from '@crossroads/privacy';
import { EBOX_EVENTS } from '@crossroads/topology';
import { Module } from '@nestjs/common';
import { EventLagJob } from './event-lag.job.js';
import { EventRecordingJob } from './event-recording.job.js';
import { EventRelayJob } from './event-relay.job.js';
import { ProviderEventList } from './provider-event-list.js';
import { ProviderEventNumbering } from './provider-event-numbering.js';

/** Providers to whose messages something has happened. */
const owners = (db: Database) =>
  db.query<{ readonly institution: string }>('select provider as institution from provider_sequences');

/** What happened to messages, numbered for each provider and published on its topic. */
@Module({
  providers: [
    ProviderEventNumbering,
    EventRecordingJob,
    EventRelayJob,
    EventLagJob,
    ProviderEventList,
    {
      provide: TopicProvisioning,
      inject: [Bus, PolicyFollower, Database],
      useFactory: (bus: Bus, policy: PolicyFollower, db: Database) =>
        new TopicProvisioning(EBOX_EVENTS, () => owners(db), bus, policy),
    },
    {
      provide: Pseudonyms,
      inject: [FileKeyProvider],
      useFactory: async (keys: FileKeyProvider) => new Pseudonyms(await keys.secret('pseudonyms')),
    },
  ],
  exports: [ProviderEventList],
})
export class ProviderEventModule {}
