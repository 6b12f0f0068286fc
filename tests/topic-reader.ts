import { createHash, randomUUID } from 'node:crypto';
import { deliveryOf } from '@crossroads/client';
import type { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import { type InstitutionName, numberOf } from '@crossroads/local';
import { openBroker } from '@crossroads/messaging';
import type { WholeMesh } from './whole-mesh.js';

/** All messages of a subscriber's topic, unfiltered and in their order on the topic. */
export interface TopicReader {
  readonly deliveries: readonly {
    readonly delivery: Delivery;
    readonly partition: number;
    readonly hash: string;
    readonly arrivedAt: number;
  }[];
  /** Trace contexts of the messages. */
  readonly traceparents: readonly string[];
  of(subscriptionId: string): Delivery[];
  close(): Promise<void>;
}

/** Reads an institution's topic from the beginning with its certificate. */
export const readTopic = async (mesh: WholeMesh, name: InstitutionName): Promise<TopicReader> => {
  const { broker: kind } = mesh.local.mesh();
  const number = numberOf(name);
  const broker = await openBroker({
    clientId: `${number}-test`,
    tls: mesh.network.connection(name).tls,
    ...(kind.kind === 'kafka' ? { kafkaBrokers: kind.institutionBrokers.join(',') } : { embeddedLogUrl: kind.url }),
  });
  const deliveries: TopicReader['deliveries'][number][] = [];
  const traceparents: string[] = [];
  const consumption = await broker.consume({
    topic: `crossroads.deliveries.${number}.v1`,
    group: `${number}.test-${randomUUID()}`,
    onBatch: async (events) => {
      const arrivedAt = performance.now();
      for (const event of events) {
        const { data, traceparent, partition = 0 } = event;
        if (traceparent !== undefined) traceparents.push(traceparent);
        const hash = createHash('sha256').update(data).digest('hex');
        deliveries.push({ delivery: deliveryOf(event), partition, hash, arrivedAt });
      }
    },
  });
  return {
    deliveries,
    traceparents,
    of: (subscriptionId) =>
      deliveries.map(({ delivery }) => delivery).filter((one) => one.subscriptionId === subscriptionId),
    close: async () => {
      await consumption.close();
      await broker.close();
    },
  };
};

/** The faults of a sequence: gaps, messages out of order, and two contents with one sequence number. */
export const faultsOf = (reader: TopicReader, subscriptionId: string): string[] => {
  const faults: string[] = [];
  const seen = new Map<bigint, string>();
  let last = 0n;
  for (const { delivery, hash } of reader.deliveries) {
    if (delivery.subscriptionId !== subscriptionId) continue;
    const { sequence } = delivery;
    const before = seen.get(sequence);
    if (before !== undefined && before !== hash) faults.push(`${sequence} came with two contents`);
    if (before === undefined && sequence !== last + 1n) faults.push(`${sequence} came after ${last}`);
    if (before === undefined) last = sequence;
    seen.set(sequence, hash);
  }
  return faults;
};

/** One delivery for each sequence number. */
export const distinct = (reader: TopicReader, subscriptionId: string): Delivery[] => [
  ...new Map(reader.of(subscriptionId).map((delivery) => [delivery.sequence, delivery])).values(),
];
