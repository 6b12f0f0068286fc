import { TopicSealer } from '@crossroads/privacy';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TopicSealing } from './broker/topic-sealing.js';
import { Bus } from './bus/bus.js';
import { Consumers } from './consuming/consumers.job.js';
import { Inbox } from './consuming/inbox.js';
import { Opening } from './consuming/opening.js';
import { ParkedMessageEntity } from './consuming/parked-message.entity.js';
import { ParkedMessageRepository } from './consuming/parked-message.repository.js';
import { StepPruning } from './consuming/prune-steps.job.js';
import { Resync } from './consuming/resync.js';
import { EventsController } from './publishing/events.controller.js';
import { RelayJob } from './publishing/relay.job.js';

export interface MessagingOptions {
  /** Whether the service has consumers, and so the table of parked messages. */
  readonly consumes: boolean;
  readonly publishes: boolean;
}

/** Connects to the broker, runs every `@Consumer`, and publishes by the `@Publisher`. */
@Global()
@Module({})
export class MessagingModule {
  static forRoot({ consumes, publishes }: MessagingOptions): DynamicModule {
    const consuming = consumes ? [Inbox, Opening, Consumers, ParkedMessageRepository, Resync] : [];
    return {
      module: MessagingModule,
      imports: [DiscoveryModule, ...(consumes ? [TypeOrmModule.forFeature([ParkedMessageEntity])] : [])],
      controllers: publishes ? [EventsController] : [],
      providers: [
        Bus,
        StepPruning,
        ...consuming,
        ...(publishes ? [RelayJob] : []),
        { provide: TopicSealing, inject: [TopicSealer], useFactory: (sealer: TopicSealer) => new TopicSealing(sealer) },
      ],
      exports: [Bus, TopicSealing, ...consuming],
    };
  }
}
