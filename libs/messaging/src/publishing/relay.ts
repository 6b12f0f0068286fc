import { type Database } from '@crossroads/database';
import { type EventStore, type Processor, type Recorded, startProcessor } from '@crossroads/eventsourcing';
import { traceBatch } from '@crossroads/telemetry';
import { BUNDLED_TOPICS } from '@crossroads/topology';
import type { Broker, CloudEvent } from '../broker/broker.js';
import { bundled } from '../broker/bundle.js';
import { type Published, publicationsOf } from './publication.js';
import type { TopicSealing } from '../broker/topic-sealing.js';

export interface RelayOptions {
  readonly db: Database;
  readonly store: Pick<EventStore, 'readLog'>;
  readonly broker: Pick<Broker, 'publish'>;
  /** Of all relays with this name one is active at a time; it resumes at the checkpoint of this name. */
  readonly name: string;
  readonly published: Published;
  /** Seals the events of internal topics. @default nothing is sealed */
  readonly sealing?: Pick<TopicSealing, 'seal'>;
  /** @default 500 */
  readonly batchSize?: number;
  /** See `ProcessorOptions.paceMs`. */
  readonly paceMs?: number;
  readonly onError: (error: unknown, attempt: number) => void;
}

const BUNDLED: ReadonlySet<string> = new Set(BUNDLED_TOPICS);

/**
 * Publishes the log in its order, at least once: the checkpoint is stored after the broker has acknowledged, so a relay that dies in
 * between publishes the batch again, under the same ids.
 */
export const startRelay = (options: RelayOptions): Processor => {
  const { db, store, broker, name, published, sealing, batchSize = 500, paceMs, onError } = options;
  return startProcessor({
    db,
    store,
    name,
    batchSize,
    ...(paceMs === undefined ? {} : { paceMs }),
    onError,
    handle: async (batch, _tx, signal) => {
      for (const [topic, events] of await byTopic(batch, published))
        await traceBatch('publish', topic, events, async () => {
          const messages = BUNDLED.has(topic) ? bundled(events) : events;
          await broker.publish(topic, sealing ? await sealing.seal(topic, messages) : messages, { signal });
        });
    },
  });
};

const byTopic = async (batch: readonly Recorded[], published: Published): Promise<Map<string, CloudEvent[]>> => {
  const topics = new Map<string, CloudEvent[]>();
  // Mapped concurrently, so that their reads can be batched; the order of the log is kept.
  const publications = await Promise.all(batch.map((recorded) => publicationsOf(published, recorded)));
  for (const { topic, event } of publications.flat()) {
    const events = topics.get(topic);
    if (events) events.push(event);
    else topics.set(topic, [event]);
  }
  return topics;
};
