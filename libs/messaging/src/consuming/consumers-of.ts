import { ServiceIdentity } from '@crossroads/configuration';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import type { GrpcClients } from '@crossroads/grpc';
import { producerOf, type TopicName } from '@crossroads/topology';
import type { DiscoveryService } from '@nestjs/core';
import { ConsumerOf, type ConsumerOptions, type EventConsumer } from './consumer.decorator.js';
import type { EventSource } from './source-log.js';

/** A `@Consumer` of the application. */
export interface FoundConsumer extends ConsumerOptions {
  readonly topic: TopicName;
  readonly consumer: EventConsumer<unknown>;
  /** Types of events that are handled although older ones under their key are parked. */
  readonly passing?: readonly string[];
}

/** Every `@Consumer` of the application, once this was created. */
export const consumersIn = (discovery: DiscoveryService): FoundConsumer[] =>
  discovery.getProviders({ metadataKey: ConsumerOf.KEY }).flatMap((wrapper) => {
    const options = discovery.getMetadataByDecorator(ConsumerOf, wrapper);
    if (options === undefined) return [];
    const { topics, ...rest } = options;
    const passing = rest.passesParked === true ? { passing: rest.types ?? [] } : {};
    const consumer = wrapper.instance as EventConsumer<unknown>;
    return topics.map((topic) => ({ ...rest, ...passing, topic, consumer }));
  });

/**
 * One consumer for each topic: a service has one place in a partition, whoever handles its events. Consumers of the same topic say which
 * types each handles; a run of events of one consumer is handed over at once, so that the order of a partition is kept.
 */
export const consumersByTopic = (found: readonly FoundConsumer[]): FoundConsumer[] =>
  [...Map.groupBy(found, ({ topic }) => topic).values()].flatMap((ofTopic) => {
    const [first, ...others] = ofTopic;
    return first === undefined || others.length === 0 ? ofTopic : [together(first, others)];
  });

interface ItemOf {
  readonly of: FoundConsumer;
  readonly item: unknown;
}

const together = (first: FoundConsumer, others: readonly FoundConsumer[]): FoundConsumer => {
  const { topic } = first;
  const all = [first, ...others];
  const byType = new Map<string, FoundConsumer>();
  for (const one of all)
    for (const type of one.types ?? [undefined]) {
      if (type === undefined || byType.has(type))
        throw new TypeError(`consumers of ${topic} in one service must name their types, each a type of its own`);
      byType.set(type, one);
    }
  const consumer: EventConsumer<ItemOf> = {
    read: async (events) => {
      const readings = await Promise.all(
        all.map(async (one) => {
          const own = events.filter(({ type }) => byType.get(type) === one);
          return [one, own.length === 0 ? [] : [...(await one.consumer.read(own))]] as const;
        }),
      );
      const queues = new Map(readings);
      return events.map(({ type }) => {
        const of = byType.get(type);
        const reading = of && queues.get(of)?.shift();
        if (of === undefined || reading === undefined) return { items: [], unreadable: 'UNREADABLE' };
        return { ...reading, items: reading.items.map((item) => ({ of, item })) };
      });
    },
    handle: async (items, tx) => {
      for (const run of runsOf(items)) {
        const [{ of } = { of: first }] = run;
        await of.consumer.handle(
          run.map(({ item }) => item),
          tx,
        );
      }
    },
    onPhantoms: async (range, log) => {
      const works = await Promise.all(
        all.flatMap(({ consumer: { onPhantoms }, consumer }) =>
          onPhantoms ? [onPhantoms.call(consumer, range, log)] : [],
        ),
      );
      return {
        apply: async (tx) => {
          for (const work of works) await work.apply(tx);
        },
        report: works.flatMap(({ report }) => report),
        lost: works.flatMap(({ lost = [] }) => lost),
      };
    },
  };
  return {
    topic,
    consumer,
    types: [...byType.keys()],
    passing: all.flatMap(({ passing = [] }) => passing),
    redriveAtStart: all.every(({ redriveAtStart = true }) => redriveAtStart),
  };
};

const runsOf = (items: readonly ItemOf[]): ItemOf[][] => {
  const runs: ItemOf[][] = [];
  for (const item of items) {
    const run = runs.at(-1);
    if (run?.[0]?.of === item.of) run.push(item);
    else runs.push([item]);
  }
  return runs;
};

/** The service that publishes to a topic. */
export const sourcesOf = (topic: TopicName, clients: GrpcClients): EventSource[] => {
  const service = producerOf(topic);
  const eventsClient = clients.connect({ service, definition: EventsServiceService, reads: ['check'] });
  return [{ source: new ServiceIdentity(service).urn, eventsClient }];
};
