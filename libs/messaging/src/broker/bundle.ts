import { randomUUID } from 'node:crypto';
import { Bundle, type BundledEvent } from '@crossroads/contracts/events/v1/bundle';
import type { CloudEvent } from './broker.js';
import { messageOf, receivedOf } from './event-message.js';

const TYPE = 'crossroads.events.v1.bundles.notify.published';
/** A message that fails is tried, or parked, as a whole: not too many, and far below a broker's limit. */
const MAX_BATCH_SIZE = { events: 100, bytes: 256 * 1024 };

/**
 * The same events in fewer messages, in their order: neighbours of one source and service travel as one. What is traced
 * travels alone, since a trace goes on by its message's header.
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
    if (first && (full || isApart(event) || isApart(first) || !isAlike(first, event))) close();
    open.push(event);
    bytes += event.data.length;
  }
  close();
  return messages;
};

/** What an opened message holds: itself, or the events of a bundle. @throws RangeError when it is none, though it says so. */
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

/** Its id is new each time: published again, other events may be in it, and each of these has its own. */
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

const isApart = ({ traceparent, sealingKeyId }: CloudEvent): boolean =>
  traceparent !== undefined || sealingKeyId !== undefined;

const isAlike = (one: CloudEvent, other: CloudEvent): boolean =>
  one.source === other.source && one.service === other.service && one.contentType === other.contentType;
