import type { CloudEvent } from './broker.js';

const PROTOBUF = 'application/protobuf';

/** The attributes of an event: CloudEvents 1.0, Kafka binding, binary mode (`ce_` headers and `content-type`). */
export const headersOf = (event: CloudEvent): Record<string, string> => ({
  ce_specversion: '1.0',
  ce_id: event.id,
  ce_source: event.source,
  ce_type: event.type,
  ce_service: event.service,
  ce_time: event.time.toISOString(),
  'content-type': event.contentType ?? PROTOBUF,
  ...(event.sequence === undefined ? {} : { ce_sequence: event.sequence }),
  ...(event.cursor === undefined ? {} : { ce_cursor: event.cursor }),
  ...(event.traceparent === undefined ? {} : { ce_traceparent: event.traceparent }),
  ...(event.sealingKeyId === undefined ? {} : { ce_sealingkeyid: event.sealingKeyId }),
});

/**
 * The event of a received message. A message without attributes becomes an event with `position` as its id and an empty type: the
 * handler does not know this type and parks it, so it is not lost.
 */
export const eventOf = (
  headers: Readonly<Record<string, string | undefined>>,
  message: { readonly key: string; readonly data: Uint8Array; readonly time: Date; readonly position: string },
): CloudEvent => {
  const time = new Date(headers['ce_time'] ?? Number.NaN);
  return {
    id: headers['ce_id'] ?? message.position,
    source: headers['ce_source'] ?? '',
    type: headers['ce_type'] ?? '',
    service: headers['ce_service'] ?? '',
    time: Number.isNaN(time.getTime()) ? message.time : time,
    key: message.key,
    contentType: headers['content-type'] ?? PROTOBUF,
    data: message.data,
    ...optional('sequence', headers['ce_sequence']),
    ...optional('cursor', headers['ce_cursor']),
    ...optional('traceparent', headers['ce_traceparent']),
    ...optional('sealingKeyId', headers['ce_sealingkeyid']),
  };
};

const optional = <Name extends string>(name: Name, value: string | undefined): { readonly [N in Name]?: string } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [N in Name]: string });
