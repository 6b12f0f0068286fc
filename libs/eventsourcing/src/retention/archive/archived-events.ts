import { createHash, hash } from 'node:crypto';

/**
 * A line of an archived month: an event with its place in the log. `data` is the last field, and in the text that PostgreSQL has of it,
 * since the hash covers that text.
 */
export interface ArchivedEvent {
  readonly partition: number;
  /** Decimal. */
  readonly position: string;
  /** The running hash of the log, hexadecimal, before this event. */
  readonly before: string;
  /** The running hash with this event. */
  readonly hash: string;
  readonly serial: string;
  readonly streamId: string;
  readonly streamType: string;
  readonly revision: string;
  readonly eventId: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly recordedAt: string;
  /** JSON in a string. */
  readonly metadata: string;
  /** JSON. */
  readonly data: string;
}

const DATA = ',"data":';

export const lineOf = ({ data, ...fields }: ArchivedEvent): string =>
  `${JSON.stringify(fields).slice(0, -1)}${DATA}${data}}\n`;

/** All fields before the data are texts and numbers, in which quotes are escaped: the first match is where the data begin. */
export const eventOfLine = (line: string): ArchivedEvent => {
  const at = line.indexOf(DATA);
  if (at < 0) throw new SyntaxError('a line without data');
  const fields = JSON.parse(`${line.slice(0, at)}}`) as Omit<ArchivedEvent, 'data'>;
  return { ...fields, data: line.slice(at + DATA.length, -1) };
};

/** As `es.link` of `es.item`. */
export const linkedHash = ({ before, eventId, streamId, revision, type, data }: ArchivedEvent): string =>
  createHash('sha256')
    .update(Buffer.from(before, 'hex'))
    .update(Buffer.from(eventId.replaceAll('-', ''), 'hex'))
    .update(hash('sha256', `${streamId} ${revision} ${type} ${data}`, 'buffer'))
    .digest('hex');
