import { ServiceIdentity } from '@crossroads/configuration';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { Database } from '@crossroads/database';
import { GrpcClients, warn } from '@crossroads/grpc';
import { producersOf, readBy, type TopicName } from '@crossroads/topology';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Bus } from '../bus/bus.js';
import { consumeFrom } from './consume-from.js';
import { ConsumerOf, type ConsumerOptions, type EventConsumer } from './consumer.decorator.js';
import { cursorStore } from './cursors.js';
import { observeParked } from './parked-metrics.js';
import type { Redriven } from './redrive.js';
import { Inbox } from './inbox.js';

/** Runs every `@Consumer` of the application, from when it has been put together until it is asked to stop. */
@Injectable()
export class Consumers implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly consumers = new Map<TopicName, EventConsumer<unknown>>();
  private readonly endings: (() => Promise<unknown>)[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly service: ServiceIdentity,
    private readonly bus: Bus,
    private readonly inbox: Inbox,
    private readonly db: Database,
    private readonly clients: GrpcClients,
  ) {}

  onApplicationBootstrap(): void {
    for (const wrapper of this.discovery.getProviders({ metadataKey: ConsumerOf.KEY })) {
      const options = this.discovery.getMetadataByDecorator(ConsumerOf, wrapper);
      if (options === undefined) continue;
      const { topic } = options;
      if (!readBy(this.service.name).includes(topic))
        throw new Error(`${topic} is not for ${this.service.name}: see libs/topology`);
      const consumer = wrapper.instance as EventConsumer<unknown>;
      this.consumers.set(topic, consumer);
      this.start(topic, consumer, options);
    }
  }

  /** Tries again what is parked on any topic of this service: one key's queue, or all. */
  async redrive(key?: string): Promise<Redriven> {
    let [handled, blocked] = [0, 0];
    for (const [topic, consumer] of this.consumers) {
      const redriven = await this.inbox.redrive(topic, consumer, key);
      handled += redriven.handled;
      blocked += redriven.blocked;
    }
    return { handled, blocked };
  }

  async onModuleDestroy(): Promise<void> {
    // Together: with the bus away each of them takes seconds.
    await Promise.all(this.endings.map((end) => end()));
  }

  private start(topic: TopicName, consumer: EventConsumer<unknown>, options: ConsumerOptions): void {
    const { types, redriveAtStart = true } = options;
    const consumption = consumeFrom({
      broker: { consume: async (options) => (await this.bus.whenOpen()).consume(options) },
      topic,
      group: `${this.service.name}.${topic}`,
      sources: producersOf(topic).map((name) => ({
        source: new ServiceIdentity(name).urn,
        eventsClient: this.clients.connect({ service: name, definition: EventsServiceService }),
      })),
      cursorStore: cursorStore(this.db),
      onBatch: (batch) => this.inbox.take(topic, consumer, batch, types),
      onError: warn(topic),
    });
    const redriving = redriveAtStart ? this.inbox.redrive(topic, consumer).catch(warn('redrive')) : Promise.resolve();
    const endObserving = observeParked(this.db, [topic]);
    this.endings.push(
      () => consumption.close(),
      () => redriving,
      async () => endObserving(),
    );
  }
}
