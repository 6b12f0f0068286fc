import { randomUUID } from 'node:crypto';
import type { CloudEvent } from '../broker.js';

export const sampleEvent = (n: number, changes: Partial<CloudEvent> = {}): CloudEvent => ({
  id: randomUUID(),
  source: 'urn:crossroads:service:sample',
  type: 'sample.things.notify.changed',
  service: 'crossroads.sample.v1',
  time: new Date(1_767_225_600_000 + n),
  key: `key-${n % 7}`,
  contentType: 'application/protobuf',
  data: Buffer.from(String(n)),
  ...changes,
});

export const sampleEvents = (count: number): CloudEvent[] => Array.from({ length: count }, (_, n) => sampleEvent(n));

export const numberOf = ({ data }: CloudEvent): number => Number(Buffer.from(data).toString());
