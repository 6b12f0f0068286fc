import { ByteReader, ByteWriter } from './bytes.js';
import type { Days } from './days.js';

/**
 * How inscriptions are kept in few bytes. A start is 0 when open, else the day's number, signed, plus 1; an end is 0 when
 * open, else its distance from the start plus 1 (from day 0, signed, after an open start), so that 1 is an empty period.
 */
const VERSION = 1;

/** One inscription in a person's row; `file` is the number of an institution and context. */
export interface Entry extends Days {
  readonly file: number;
}

/** One change in an event: the period of a person (by its number) in one of the event's contexts. Empty: taken back. */
export interface Line extends Days {
  readonly person: number;
  readonly context: number;
}

/** A person's row, sorted by file and start. */
export const packEntries = (entries: readonly Entry[]): Buffer => {
  const writer = new ByteWriter().number(VERSION);
  let last = 0;
  for (const entry of entries.toSorted((a, b) => a.file - b.file || a.start - b.start)) {
    writePeriod(writer.number(entry.file - last), entry);
    last = entry.file;
  }
  return writer.bytes();
};

export const unpackEntries = (bytes: Uint8Array): Entry[] => {
  const reader = open(bytes);
  const entries: Entry[] = [];
  for (let file = 0; !reader.done; ) {
    file += reader.number();
    const { start, end } = readPeriod(reader);
    entries.push({ file, start, end });
  }
  return entries;
};

/** An event's changes, in the order of persons: neighbours differ little. Changes of one person keep their order. */
export const packLines = (lines: readonly Line[]): Buffer => {
  const writer = new ByteWriter().number(VERSION);
  let last = 0;
  for (const line of lines.toSorted((a, b) => a.person - b.person)) {
    writePeriod(writer.number(line.person - last).number(line.context), line);
    last = line.person;
  }
  return writer.bytes();
};

export const unpackLines = (bytes: Uint8Array): Line[] => {
  const reader = open(bytes);
  const lines: Line[] = [];
  for (let person = 0; !reader.done; ) {
    person += reader.number();
    const context = reader.number();
    const { start, end } = readPeriod(reader);
    lines.push({ person, context, start, end });
  }
  return lines;
};

const open = (bytes: Uint8Array): ByteReader => {
  const reader = new ByteReader(bytes);
  const version = reader.number();
  if (version !== VERSION) throw new RangeError(`packed inscriptions of version ${version} are not known here`);
  return reader;
};

const writePeriod = (writer: ByteWriter, { start, end }: Days): void => {
  if (start === Number.NEGATIVE_INFINITY) writer.number(0);
  else writer.number(zigzag(start) + 1);
  if (end === Number.POSITIVE_INFINITY) writer.number(0);
  else writer.number((start === Number.NEGATIVE_INFINITY ? zigzag(end) : end - start) + 1);
};

const readPeriod = (reader: ByteReader): Days => {
  const first = reader.number();
  const second = reader.number();
  const start = first === 0 ? Number.NEGATIVE_INFINITY : unzigzag(first - 1);
  if (second === 0) return { start, end: Number.POSITIVE_INFINITY };
  return { start, end: first === 0 ? unzigzag(second - 1) : start + second - 1 };
};

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
const unzigzag = (value: number): number => (value % 2 === 1 ? -(value + 1) / 2 : value / 2);
