import { randomUUID } from 'node:crypto';
import { Bundle, type BundledEvent } from '@crossroads/contracts/events/v1/bundle';
import type { Place } from '@crossroads/eventsourcing';
import type { CloudEvent } from './broker.js';
import { eventOfMessage, messageOf } from './event-message.js';

const TYPE = 'crossroads.events.v1.bundles.notify.published';
/** A message is retried and parked as a whole: few events, and far below a broker's size limit. */
const MAX_BATCH_SIZE = { events: 100, bytes: 256 * 1024 };

/**
 * Puts consecutive events of one source, service and partition into one message. A traced event gets a message of its own, since its trace
 * continues by the message's header.
 */
export const bundled = (events: readonly CloudEvent[]): CloudEvent[] => {
  const messages: CloudEvent[] = [];
  let open: CloudEvent[] = [];
  let bytes = 0;
  const close = (): void => {
    const [first, another] = open;
    if (first) messages.push(another ? bundleOf(first, open) : first);
    [open, bytes] = [[], 0];
  };
  for (const event of events) {
    const [first] = open;
    const full = open.length === MAX_BATCH_SIZE.events || bytes + event.data.length > MAX_BATCH_SIZE.bytes;
    if (first && (full || isSingle(event) || isSingle(first) || !haveSameOrigin(first, event))) close();
    open.push(event);
    bytes += event.data.length;
  }
  close();
  return messages;
};

/** Whether a message holds several events. */
export const isBundle = ({ type }: CloudEvent): boolean => type === TYPE;

/**
 * The events of an opened message: those of a bundle, or the message itself. What lies at or before the link of a bundle is left out: a
 * reader that had taken a part of it has moved the link to its own place (`continuedFrom`).
 * @throws RangeError when a bundle cannot be decoded
 */
export const unbundled = (message: CloudEvent): CloudEvent[] => {
  if (!isBundle(message)) return [message];
  const { source, service, contentType, partition, place } = message;
  let previous = place?.previous;
  const events: CloudEvent[] = [];
  for (const { event, position, hash: bytes, serial } of Bundle.decode(message.data).events) {
    if (!event) throw new RangeError('an entry of a bundle has no event');
    const one: CloudEvent = {
      ...eventOfMessage(event),
      source,
      service,
      ...(contentType === undefined ? {} : { contentType }),
      ...(partition === undefined ? {} : { partition }),
    };
    if (!place || !previous) {
      events.push(one);
      continue;
    }
    const hash = bytes.toString('hex');
    if (position === previous.position && hash !== previous.hash && position > 0n) throw new BundleForked(place.logId);
    if (position <= previous.position) continue;
    events.push({ ...one, place: { logId: place.logId, position, hash, serial, previous } });
    previous = { position, hash };
  }
  return events;
};

/** The bundle holds another event at the place to which its reader has come. */
export class BundleForked extends Error {
  override readonly name = 'BundleForked';

  constructor(readonly logId: string) {
    super('a bundle holds another event at the place of its reader');
  }
}

/** A message for a reader that has taken a part of it already, if it is a bundle. */
export const continuedFrom = (message: CloudEvent, { position, hash }: Place): CloudEvent => {
  const { place } = message;
  if (!place || !isBundle(message) || position <= place.previous.position) return message;
  return { ...message, place: { ...place, previous: { position, hash } } };
};

/** Its id is new each time: when it is published again, it may hold other events. Consumers deduplicate by the places of these. */
const bundleOf = (first: CloudEvent, events: readonly CloudEvent[]): CloudEvent => {
  const { source, service, time, contentType, partition } = first;
  const id = randomUUID();
  const last = events.at(-1)?.place;
  const place = last && first.place && { ...last, previous: first.place.previous };
  return {
    id,
    source,
    type: TYPE,
    service,
    time,
    key: id,
    ...(contentType === undefined ? {} : { contentType }),
    ...(partition === undefined ? {} : { partition }),
    ...(place === undefined ? {} : { place }),
    data: Bundle.encode({ events: events.map(bundledEventOf) }).finish(),
  };
};

const bundledEventOf = (event: CloudEvent): BundledEvent => ({
  event: { ...messageOf(event), source: '', service: '', contentType: '' },
  position: event.place?.position ?? 0n,
  hash: Buffer.from(event.place?.hash ?? '', 'hex'),
  serial: event.place?.serial ?? 0n,
});

const isSingle = ({ traceparent, sealingKeyId }: CloudEvent): boolean =>
  traceparent !== undefined || sealingKeyId !== undefined;

const haveSameOrigin = (one: CloudEvent, other: CloudEvent): boolean =>
  one.source === other.source &&
  one.service === other.service &&
  one.contentType === other.contentType &&
  one.partition === other.partition &&
  one.place?.logId === other.place?.logId;
