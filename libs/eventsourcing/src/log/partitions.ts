import type { Recorded } from '../event-store.js';
import { optionalText } from '../stored-fields.js';
import { hash } from 'node:crypto';
import { PARTITIONS } from '@crossroads/topology';

/** `journal` holds numerous streams that end, with UUIDv7 ids; they are archived by the month in which they began. */
export type LogName = 'main' | 'journal';

const LOGS: Readonly<Record<LogName, number>> = { main: 0, journal: 1 };

/** A partition is numbered `log * 100 + n` in the database, and `n` on topics and for other services. */
export const partitionNumber = (log: LogName, n: number): number => LOGS[log] * 100 + n;

export const logOf = (partition: number): LogName => (partition < 100 ? 'main' : 'journal');

export const topicPartitionOf = (partition: number): number => partition % 100;

/** All partitions of a log, or of both. */
export const partitionsOf = (...logs: readonly LogName[]): number[] =>
  logs.flatMap((log) => Array.from({ length: PARTITIONS }, (_, n) => partitionNumber(log, n)));

/** The partition of a routing key: its SHA-256 modulo the number of partitions. */
export const partitionOf = (log: LogName, routingKey: string): number =>
  partitionNumber(log, hash('sha256', routingKey, 'buffer').readUIntBE(26, 6) % PARTITIONS);

/** The months (`YYYYMM`, UTC) in which a stream can be: 0, and for a UUIDv7 that of its time. */
export const monthsOf = (streamId: string): readonly number[] => {
  const month = monthOfUuidV7(streamId);
  return month === undefined ? [0] : [0, month];
};

/** @throws TypeError when a journal stream has no UUIDv7 as its id */
export const monthOf = (log: LogName, streamId: string): number => {
  if (log === 'main') return 0;
  const month = monthOfUuidV7(streamId);
  if (month === undefined) throw new TypeError('a stream of the journal needs a UUIDv7 as its id');
  return month;
};

/** Whole months after the end of a month in which its streams still take events: more than the 35 days in which a request is repeated. */
export const MIN_OPEN_MONTHS = 2;

/** The month (`YYYYMM`, UTC) that lies `n` months before an instant. */
export const monthBefore = (at: Date, n: number): number => {
  const first = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - n));
  return first.getUTCFullYear() * 100 + first.getUTCMonth() + 1;
};

/** Whether the month of a journal stream may be closed by now: then its events may be in `es.past`, and it may take no more. */
export const mayBeClosed = (streamId: string, now = new Date()): boolean =>
  (monthOfUuidV7(streamId) ?? Number.POSITIVE_INFINITY) < monthBefore(now, MIN_OPEN_MONTHS);

/** The journal stream to which an event belongs: what came after its month was closed is a stream of its own, and names the first one. */
export const journalIdOf = ({ streamId, data }: Pick<Recorded, 'streamId' | 'data'>): string =>
  optionalText(data, 'journalId') ?? streamId;

const UUID_V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const monthOfUuidV7 = (text: string): number | undefined => {
  const [, high, low] = UUID_V7.exec(text) ?? [];
  if (high === undefined) return undefined;
  const time = new Date(Number.parseInt(`${high}${low}`, 16));
  return time.getUTCFullYear() * 100 + time.getUTCMonth() + 1;
};
