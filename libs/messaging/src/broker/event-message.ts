import type { CloudEvent as CloudEventMessage, ReadResponse } from '@crossroads/contracts/events/v1/events_service';
import type { CloudEvent } from './broker.js';

/** The form of an event in `Events/Read` and in a bundle; its cursor is a field beside it. */
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

/** The event that a reader of `Events/Read` received, as the broker would have delivered it. */
export const receivedOf = ({ cursor, event }: ReadResponse): CloudEvent => {
  if (!event) throw new TypeError('Events/Read gave a cursor without an event');
  const { sequence, sealingKeyId, traceparent, time, ...rest } = event;
  return {
    ...rest,
    time: time ?? new Date(0),
    cursor,
    ...(sequence === '' ? {} : { sequence }),
    ...(sealingKeyId === '' ? {} : { sealingKeyId }),
    ...(traceparent === '' ? {} : { traceparent }),
  };
};
