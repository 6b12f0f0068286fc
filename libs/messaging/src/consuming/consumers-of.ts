import { ServiceIdentity } from '@crossroads/configuration';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import type { GrpcClients } from '@crossroads/grpc';
import { producersOf, type TopicName } from '@crossroads/topology';
import type { DiscoveryService } from '@nestjs/core';
import { ConsumerOf, type ConsumerOptions, type EventConsumer } from './consumer.decorator.js';
import type { EventSource } from './source-log.js';

/** A `@Consumer` of the application. */
export interface FoundConsumer extends ConsumerOptions {
  readonly topic: TopicName;
  readonly consumer: EventConsumer<unknown>;
}

/** Every `@Consumer` of the application, once this was created. */
export const consumersIn = (discovery: DiscoveryService): FoundConsumer[] =>
  discovery.getProviders({ metadataKey: ConsumerOf.KEY }).flatMap((wrapper) => {
    const options = discovery.getMetadataByDecorator(ConsumerOf, wrapper);
    return options === undefined ? [] : [{ ...options, consumer: wrapper.instance as EventConsumer<unknown> }];
  });

/** The services that publish to a topic. */
export const sourcesOf = (topic: TopicName, clients: GrpcClients): EventSource[] =>
  producersOf(topic).map((name) => ({
    source: new ServiceIdentity(name).urn,
    eventsClient: clients.connect({ service: name, definition: EventsServiceService, reads: ['check'] }),
  }));
