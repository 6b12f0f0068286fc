import { randomUUID } from 'node:crypto';
import type { CloudEvent } from '../broker.js';

/**
 * Not a date of long ago: the timestamp of a message is the time of its event, and Kafka deletes messages that are older than the
 * retention of their topic. It looks for them for the first time half a minute after it started.
 */
const LOADED_AT = Date.now();

export const sampleEvent = (n: number, changes: Partial<CloudEvent> = {}): CloudEvent => ({
  id: randomUUID(),
  source: 'urn:crossroads:service:sample',
  type: 'sample.things.notify.changed',
  service: 'crossroads.sample.v1',
  time: new Date(LOADED_AT + n),
  key: `key-${n % 7}`,
  contentType: 'application/protobuf',
  data: Buffer.from(String(n)),
  ...changes,
});

export const sampleEvents = (count: number): CloudEvent[] => Array.from({ length: count }, (_, n) => sampleEvent(n));

/** The n-th is on partition `n % partitions`. */
export const onPartitions = (count: number, partitions: number): CloudEvent[] =>
  Array.from({ length: count }, (_, n) => sampleEvent(n, { partition: n % partitions }));

export const numberOf = ({ data }: CloudEvent): number => Number(Buffer.from(data).toString());
