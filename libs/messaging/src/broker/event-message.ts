import type { CloudEvent as CloudEventMessage, ReadResponse } from '@crossroads/contracts/events/v1/events_service';
import type { CloudEvent } from './broker.js';

/** An event as `Events/Read` and a bundle tell it; its cursor goes beside it. */
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

/** What a reader of `Events/Read` takes over: the event as it would have come from the broker. */
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
