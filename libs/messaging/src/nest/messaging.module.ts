import { TopicSealer } from '@crossroads/privacy';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TopicSealing } from '../topic-sealing.js';
import { Bus } from './bus.js';
import { Consumers } from './consumers.js';
import { EventsController } from './events.controller.js';
import { Inbox } from './inbox.js';
import { Relays } from './relays.js';

/** The bus, what follows it (`@Consumer`) and what goes to it (`@Publisher`). */
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
        ...(publishes ? [Relays] : []),
        { provide: TopicSealing, inject: [TopicSealer], useFactory: (sealer: TopicSealer) => new TopicSealing(sealer) },
      ],
      exports: [Bus, Consumers, Inbox, TopicSealing],
    };
  }
}
