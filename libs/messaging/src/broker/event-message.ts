import type {
  CloudEvent as CloudEventMessage,
  Place as PlaceMessage,
  ReadResponse,
} from '@crossroads/contracts/events/v1/events_service';
import type { LogPlace, Place } from '@crossroads/eventsourcing';
import type { CloudEvent } from './broker.js';

/** The form of an event in `Events/Read` and in a bundle; its place is beside it. */
export const messageOf = (event: CloudEvent): CloudEventMessage => ({
  id: event.id,
  source: event.source,
  type: event.type,
  service: event.service,
  time: event.time,
  key: event.key,
  sequence: event.sequence ?? '',
  contentType: event.contentType ?? 'application/protobuf',
  sealingKeyId: event.sealingKeyId ?? '',
  data: Buffer.from(event.data),
  traceparent: event.traceparent ?? '',
});

/** An event that was sent in another message, without its place. */
export const eventOfMessage = ({
  sequence,
  sealingKeyId,
  traceparent,
  time,
  ...rest
}: CloudEventMessage): CloudEvent => ({
  ...rest,
  time: time ?? new Date(0),
  ...(sequence === '' ? {} : { sequence }),
  ...(sealingKeyId === '' ? {} : { sealingKeyId }),
  ...(traceparent === '' ? {} : { traceparent }),
});

/** The form of a place in `events.v1`. */
export const placeMessageOf = ({ logId, partition, position, hash }: LogPlace): PlaceMessage => ({
  logId,
  partition,
  position,
  hash: Buffer.from(hash, 'hex'),
});

export const placeOfMessage = ({ logId, partition, position, hash }: PlaceMessage): LogPlace => ({
  logId,
  partition,
  position,
  hash: hash.toString('hex'),
});

const BEGINNING: Place = { position: 0n, hash: '' };

/**
 * The event that a reader of `Events/Read` received, as the broker would have delivered it. @param previous the place of the reader,
 * which is that of the response before
 */
export const receivedOf = (
  { event, place, serial }: ReadResponse,
  previous: Place = BEGINNING,
): CloudEvent & Required<Pick<CloudEvent, 'place' | 'partition'>> => {
  if (!event || !place) throw new TypeError('a response of Events/Read lacks the event or its place');
  const { logId, partition, position, hash } = placeOfMessage(place);
  return { ...eventOfMessage(event), partition, place: { logId, position, hash, serial, previous } };
};
