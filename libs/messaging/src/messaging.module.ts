import { TopicSealer } from '@crossroads/privacy';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TopicSealing } from './broker/topic-sealing.js';
import { Bus } from './bus/bus.js';
import { Consumers } from './consuming/consumers.job.js';
import { Inbox } from './consuming/inbox.js';
import { EventsController } from './publishing/events.controller.js';
import { RelayJob } from './publishing/relay.job.js';

/** Connects to the broker, runs every `@Consumer`, and publishes by the `@Publisher`. */
@Global()
@Module({})
export class MessagingModule {
  static forRoot({ publishes }: { readonly publishes: boolean }): DynamicModule {
    return {
      module: MessagingModule,
      imports: [DiscoveryModule],
      controllers: publishes ? [EventsController] : [],
      providers: [
        Bus,
        Inbox,
        Consumers,
        ...(publishes ? [RelayJob] : []),
        { provide: TopicSealing, inject: [TopicSealer], useFactory: (sealer: TopicSealer) => new TopicSealing(sealer) },
      ],
      exports: [Bus, Consumers, Inbox, TopicSealing],
    };
  }
}
