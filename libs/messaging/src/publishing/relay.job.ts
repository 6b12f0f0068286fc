import { ServiceIdentity } from '@crossroads/configuration';
import { Database } from '@crossroads/database';
import { LogReader, LogWork } from '@crossroads/eventsourcing';
import { warn } from '@crossroads/grpc';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { TopicSealing } from '../broker/topic-sealing.js';
import { Bus } from '../bus/bus.js';
import type { PublishedLog } from './published-log.js';
import { type EventPublisher, PublisherOf, type PublisherOptions } from './publisher.decorator.js';
import { Relay } from './relay.js';

/** Publishes the log by the `@Publisher` of the service, as soon as the broker is connected. */
@Injectable()
export class RelayJob implements OnApplicationBootstrap, OnModuleDestroy {
  private relay: Promise<Relay> | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly service: ServiceIdentity,
    private readonly bus: Bus,
    private readonly db: Database,
    private readonly log: LogReader,
    private readonly work: LogWork,
    private readonly sealing: TopicSealing,
  ) {}

  /** What the `@Publisher` says of the log. It is found once the application has been created. */
  published(): PublishedLog | undefined {
    const found = this.publisher();
    if (found === undefined) return undefined;
    const { types, upcasters = {} } = found.publisher;
    return { log: this.log, types, upcasters, topics: new Map(Object.entries(found.options.topics)) };
  }

  onApplicationBootstrap(): void {
    this.relay = this.start();
    this.relay?.catch(() => undefined);
  }

  async onModuleDestroy(): Promise<void> {
    this.bus.stopConnecting();
    await (await this.relay?.catch(() => undefined))?.close();
  }

  private start(): Promise<Relay> | undefined {
    const [published, found] = [this.published(), this.publisher()];
    if (published === undefined || found === undefined) return undefined;
    const { paceMs } = found.options;
    const { db, sealing, service, work } = this;
    return this.bus.whenOpen().then(
      (broker) =>
        new Relay({
          ...published,
          ...(paceMs === undefined ? {} : { paceMs }),
          db,
          broker,
          sealing,
          source: service.urn,
          stamper: work.stamper,
          leases: work.leases,
          onError: warn('relay'),
        }),
    );
  }

  private publisher(): { readonly publisher: EventPublisher; readonly options: PublisherOptions } | undefined {
    const [wrapper] = this.discovery.getProviders({ metadataKey: PublisherOf.KEY });
    const options = wrapper && this.discovery.getMetadataByDecorator(PublisherOf, wrapper);
    return options && { publisher: wrapper.instance as EventPublisher, options };
  }
}
