import { readFileSync } from 'node:fs';
import { readDeliveries } from '@crossroads/client';
import type { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import { openBroker } from '@crossroads/messaging';
import { DELIVERIES, topicOfInstitution } from '@crossroads/topology';
import { DEFAULT_LOG_ORIGIN, readReceiptKeys } from '@crossroads/transparency';
import { type InstitutionName, numberOf } from '../demo/institutions.js';
import type { DemoNetwork } from '../demo/set-up.js';
import type { LocalMesh } from '../local-mesh.js';

/** A subscriber's program: it stores deliveries, and notices missing and repeated ones. */
export interface SubscriberReader {
  /** In the order of their sequence numbers. */
  deliveries(subscriptionId: string): readonly Delivery[];
  /** One message for each faulty delivery. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

/** Reads the institution's topic from its beginning, with its certificate; receipts are checked. */
export const startSubscriber = async (
  mesh: LocalMesh,
  network: DemoNetwork,
  name: InstitutionName,
): Promise<SubscriberReader> => {
  const { broker: kind } = mesh.mesh();
  const number = numberOf(name);
  const broker = await openBroker({
    clientId: `${number}-tour`,
    tls: network.connection(name).tls,
    ...(kind.kind === 'kafka' ? { kafkaBrokers: kind.institutionBrokers.join(',') } : { embeddedLogUrl: kind.url }),
  });
  const received = new Map<string, Delivery[]>();
  const faults: string[] = [];
  const reading = await readDeliveries({
    broker,
    topic: topicOfInstitution(DELIVERIES, number),
    group: `${number}.tour-${Date.now()}`,
    receipts: { keys: readReceiptKeys(readFileSync(mesh.receiptKeysFile, 'utf8')), origin: DEFAULT_LOG_ORIGIN },
    lastSequence: (subscriptionId) => received.get(subscriptionId)?.at(-1)?.sequence,
    onDelivery: (delivery) => {
      const before = received.get(delivery.subscriptionId);
      if (before) before.push(delivery);
      else received.set(delivery.subscriptionId, [delivery]);
    },
    onError: (error) => {
      if (error instanceof Error && error.name === 'BadDelivery') faults.push(error.message);
    },
  });
  return {
    deliveries: (subscriptionId) => received.get(subscriptionId) ?? [],
    faults,
    close: async () => {
      await reading.close();
      await broker.close();
    },
  };
};
