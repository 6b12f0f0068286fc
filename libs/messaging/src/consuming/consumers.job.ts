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
import { Inbox } from './inbox.js';
import { ParkedMessageRepository } from './parked-message.repository.js';
import { observeParked } from './parked-metrics.js';
import type { Redriven } from './redrive.js';

/** Runs every `@Consumer` of the application while it is up. */
@Injectable()
export class Consumers implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly consumers = new Map<TopicName, EventConsumer<unknown>>();
  private readonly stops: (() => Promise<unknown>)[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly service: ServiceIdentity,
    private readonly bus: Bus,
    private readonly inbox: Inbox,
    private readonly db: Database,
    private readonly clients: GrpcClients,
    private readonly parked: ParkedMessageRepository,
  ) {}

  onApplicationBootstrap(): void {
    for (const wrapper of this.discovery.getProviders({ metadataKey: ConsumerOf.KEY })) {
      const options = this.discovery.getMetadataByDecorator(ConsumerOf, wrapper);
      if (options === undefined) continue;
      const { topic } = options;
      if (!readBy(this.service.name).includes(topic))
        throw new Error(`${this.service.name} may not read ${topic}: see libs/topology`);
      const consumer = wrapper.instance as EventConsumer<unknown>;
      this.consumers.set(topic, consumer);
      this.start(topic, consumer, options);
    }
  }

  /** Redrives the parked messages of one key, or all, on every topic that this service consumes. */
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
    // In parallel: with the broker away each of them takes seconds.
    await Promise.all(this.stops.map((stop) => stop()));
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
      onBatch: (batch) => this.inbox.handleBatch(topic, consumer, batch, types),
      onError: warn(topic),
    });
    const redriven = redriveAtStart ? this.inbox.redrive(topic, consumer).catch(warn('redrive')) : Promise.resolve();
    const stopObserving = observeParked(this.parked, topic);
    this.stops.push(
      () => consumption.close(),
      () => redriven,
      async () => stopObserving(),
    );
  }
}
