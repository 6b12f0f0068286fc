import type { Database } from '@crossroads/database';
import { lastSteps, type LogReader, logOf, takeSteps } from '@crossroads/eventsourcing';
import type { PublishedLog } from './published-log.js';
import { RelayedPartition, type TopicPlace } from './relayed-partition.js';

/** Reader of the relay in `es.steps`. A topic that is added later begins at 0, and gets the past. */
export const relayOf = (topic: string): string => `relay ${topic}`;

export interface RelayLog extends Pick<PublishedLog, 'topics'> {
  readonly db: Database;
  readonly log: Pick<LogReader, 'hashesAt'>;
}

/** Partitions with their tokens, as far as each topic has come in them. */
export const relayedPartitions = async (
  { db, log, topics }: RelayLog,
  taken: readonly (readonly [partition: number, token: bigint])[],
): Promise<RelayedPartition[]> => {
  const seeds = await log.hashesAt(taken.map(([partition]) => ({ partition, position: 0n })));
  const places = taken.map(() => new Map<string, TopicPlace>());
  for (const [topic, name] of topics) {
    const partitions = taken.map(([partition]) => partition).filter((partition) => logOf(partition) === name);
    const steps = await lastSteps(db, relayOf(topic), partitions);
    for (const [index, [partition]] of taken.entries()) {
      if (logOf(partition) !== name) continue;
      const begin = { position: 0n, hash: seeds[index] ?? '' };
      const { place = begin, linked = begin } = steps.get(partition) ?? {};
      places[index]?.set(topic, { stored: place.position, place, linked });
    }
  }
  return taken.map(([partition, token], index) => new RelayedPartition(partition, token, places[index] ?? new Map()));
};

/** Those of which a topic has come further than its stored step. */
export const movedPartitions = (partitions: Iterable<RelayedPartition>): RelayedPartition[] =>
  [...partitions].filter(({ topics }) => [...topics.values()].some(hasMoved));

/** Stores how far the topics have come. @throws StepTaken when another process publishes one of the partitions */
export const storeSteps = async (db: Database, partitions: readonly RelayedPartition[]): Promise<void> => {
  const moved = partitions.flatMap(({ partition, topics }) =>
    [...topics].filter(([, at]) => hasMoved(at)).map(([topic, at]) => ({ partition, topic, at, place: at.place })),
  );
  const steps = moved.map(({ partition, topic, at: { stored, linked }, place }) => ({
    reader: relayOf(topic),
    partition,
    after: stored,
    place,
    linked,
  }));
  await takeSteps(db, steps);
  for (const { at, place } of moved) at.stored = place.position;
};

const hasMoved = ({ place, stored }: TopicPlace): boolean => place.position > stored;
