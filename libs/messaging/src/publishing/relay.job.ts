import { Database } from '@crossroads/database';
import { PostgresEventStore, type Processor, type Recorded } from '@crossroads/eventsourcing';
import { warn } from '@crossroads/grpc';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { TopicSealing } from '../broker/topic-sealing.js';
import { Bus } from '../bus/bus.js';
import type { Published } from './publication.js';
import { type EventPublisher, PublisherOf, type PublisherOptions } from './publisher.decorator.js';
import { startRelay } from './relay.js';

/** Publishes the log by the `@Publisher` of the service, as soon as the broker is connected. */
@Injectable()
export class RelayJob implements OnApplicationBootstrap, OnModuleDestroy {
  private publisher: EventPublisher | undefined;
  private relay: Promise<Processor> | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly bus: Bus,
    private readonly db: Database,
    private readonly store: PostgresEventStore,
    private readonly sealing: TopicSealing,
  ) {}

  /** The mapping of the `@Publisher`, which is found when the application has been created. */
  readonly published: Published = (recorded: Recorded) => this.publisher?.published(recorded);

  onApplicationBootstrap(): void {
    const [wrapper] = this.discovery.getProviders({ metadataKey: PublisherOf.KEY });
    if (wrapper === undefined) return;
    this.publisher = wrapper.instance as EventPublisher;
    const options = this.discovery.getMetadataByDecorator(PublisherOf, wrapper) ?? { name: 'relay' };
    this.relay = this.start(options);
    this.relay.catch(() => undefined);
  }

  async onModuleDestroy(): Promise<void> {
    this.bus.stopConnecting();
    await (await this.relay?.catch(() => undefined))?.close();
  }

  private async start(options: PublisherOptions): Promise<Processor> {
    const broker = await this.bus.whenOpen();
    const { db, store, sealing, published } = this;
    return startRelay({ ...options, db, store, broker, sealing, published, onError: warn('relay') });
  }
}
