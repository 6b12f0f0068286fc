import { randomUUID } from 'node:crypto';
import { Bundle, type BundledEvent } from '@crossroads/contracts/events/v1/bundle';
import type { CloudEvent } from './broker.js';
import { messageOf, receivedOf } from './event-message.js';

const TYPE = 'crossroads.events.v1.bundles.notify.published';
/** A message is retried and parked as a whole: few events, and far below a broker's size limit. */
const MAX_BATCH_SIZE = { events: 100, bytes: 256 * 1024 };

/**
 * Puts consecutive events of one source and service into one message. A traced event gets a message of its own, since its trace
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

/** The events of an opened message: those of a bundle, or the message itself. @throws RangeError when a bundle cannot be decoded */
export const unbundled = (message: CloudEvent): CloudEvent[] => {
  if (message.type !== TYPE) return [message];
  const { source, service, contentType } = message;
  return Bundle.decode(message.data).events.map((one) => ({
    ...receivedOf(one),
    source,
    service,
    ...(contentType === undefined ? {} : { contentType }),
  }));
};

/** Its id is new each time: when it is published again, it may hold other events. Consumers deduplicate by the cursor. */
const bundleOf = (first: CloudEvent, events: readonly CloudEvent[]): CloudEvent => {
  const { source, service, time, contentType } = first;
  const id = randomUUID();
  const cursor = events.at(-1)?.cursor;
  return {
    id,
    source,
    type: TYPE,
    service,
    time,
    key: id,
    ...(contentType === undefined ? {} : { contentType }),
    ...(cursor === undefined ? {} : { cursor }),
    data: Bundle.encode({ events: events.map(bundledEventOf) }).finish(),
  };
};

const bundledEventOf = (event: CloudEvent): BundledEvent => ({
  cursor: event.cursor ?? '',
  event: { ...messageOf(event), source: '', service: '', contentType: '' },
});

const isSingle = ({ traceparent, sealingKeyId }: CloudEvent): boolean =>
  traceparent !== undefined || sealingKeyId !== undefined;

const haveSameOrigin = (one: CloudEvent, other: CloudEvent): boolean =>
  one.source === other.source && one.service === other.service && one.contentType === other.contentType;
