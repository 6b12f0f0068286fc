import type { CloudEvent, EventPlace } from './broker.js';

const PROTOBUF = 'application/protobuf';
/** Ours: the data key that sealed the data of the event. */
export const SEALING_KEY_HEADER = 'ce_sealingkeyid';

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
  ...(event.place === undefined ? {} : placeHeadersOf(event.place)),
  ...(event.traceparent === undefined ? {} : { ce_traceparent: event.traceparent }),
  ...(event.sealingKeyId === undefined ? {} : { [SEALING_KEY_HEADER]: event.sealingKeyId }),
});

/** A received message without its attributes. */
export interface ReceivedMessage {
  readonly key: string;
  readonly data: Uint8Array;
  readonly time: Date;
  /** Where the broker has it. */
  readonly position: string;
  readonly partition?: number;
}

/**
 * The event of a received message. A message without attributes becomes an event with `position` as its id and an empty type: the
 * handler does not know this type and parks it, so it is not lost. On a sealed topic it is refused.
 */
export const eventOf = (headers: Headers, message: ReceivedMessage): CloudEvent => {
  const time = new Date(headers['ce_time'] ?? Number.NaN);
  const place = placeOf(headers);
  return {
    id: headers['ce_id'] ?? message.position,
    source: headers['ce_source'] ?? '',
    type: headers['ce_type'] ?? '',
    service: headers['ce_service'] ?? '',
    time: Number.isNaN(time.getTime()) ? message.time : time,
    key: message.key,
    contentType: headers['content-type'] ?? PROTOBUF,
    data: message.data,
    ...(message.partition === undefined ? {} : { partition: message.partition }),
    ...(place === undefined ? {} : { place }),
    ...optional('sequence', headers['ce_sequence']),
    ...optional('traceparent', headers['ce_traceparent']),
    ...optional('sealingKeyId', headers[SEALING_KEY_HEADER]),
  };
};

type Headers = Readonly<Record<string, string | undefined>>;

const optional = <Name extends string>(name: Name, value: string | undefined): { readonly [N in Name]?: string } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [N in Name]: string });

const placeHeadersOf = ({ logId, position, hash, serial, previous }: EventPlace): Record<string, string> => ({
  ce_log: logId,
  ce_position: String(position),
  ce_hash: hash,
  ce_serial: String(serial),
  ce_prev: String(previous.position),
  ce_prevhash: previous.hash,
});

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SHA_256 = /^[0-9a-f]{64}$/;
/** Up to 2^63 - 1, the greatest number that the database stores. */
const WHOLE_NUMBER = /^\d{1,18}$/;

/** Undefined unless all of it is there and can be read: then it is a message that comes from no log. */
const placeOf = (headers: Headers): EventPlace | undefined => {
  const textAt = (name: string) => headers[name] ?? '';
  const [logId, hash, previousHash] = [textAt('ce_log'), textAt('ce_hash'), textAt('ce_prevhash')];
  const numbers = [textAt('ce_position'), textAt('ce_serial'), textAt('ce_prev')];
  if (!UUID.test(logId) || ![hash, previousHash].every((one) => SHA_256.test(one))) return undefined;
  if (!numbers.every((one) => WHOLE_NUMBER.test(one))) return undefined;
  const [position = 0n, serial = 0n, previous = 0n] = numbers.map(BigInt);
  if (previous >= position) return undefined;
  return { logId, position, hash, serial, previous: { position: previous, hash: previousHash } };
};
