import type { DayRange } from './days.rules.js';

/** The first number of everything that is packed. */
const VERSION = 1;

/** Writes numbers and periods in few bytes: whole numbers of up to 53 bits as LEB128. */
export class PackedWriter {
  private buffer = Buffer.allocUnsafe(256);
  private length = 0;

  constructor() {
    this.number(VERSION);
  }

  number(value: number): this {
    if (this.length + 8 > this.buffer.length) this.buffer = Buffer.concat([this.buffer], this.buffer.length * 2);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.buffer[this.length++] = (rest % 0x80) | 0x80;
    this.buffer[this.length++] = rest;
    return this;
  }

  /**
   * Start, then end. A start is 0 when open, else the signed day number plus 1. An end is 0 when open, else its distance from the
   * start (after an open start: its signed day number) plus 1.
   */
  period({ start, end }: DayRange): this {
    const openStart = start === Number.NEGATIVE_INFINITY;
    this.number(openStart ? 0 : zigzag(start) + 1);
    if (end === Number.POSITIVE_INFINITY) return this.number(0);
    return this.number((openStart ? zigzag(end) : end - start) + 1);
  }

  /** A copy, so that rows do not share the larger buffer. */
  bytes(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.length));
  }
}

export class PackedReader {
  private at = 0;

  /** @throws RangeError when the bytes are of another version */
  constructor(private readonly buffer: Uint8Array) {
    const version = this.number();
    if (version !== VERSION) throw new RangeError(`version ${version} of packed inscriptions is not supported`);
  }

  get done(): boolean {
    return this.at >= this.buffer.length;
  }

  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.buffer[this.at++];
      if (byte === undefined) throw new RangeError('the packed bytes are truncated');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  period(): DayRange {
    const first = this.number();
    const second = this.number();
    const start = first === 0 ? Number.NEGATIVE_INFINITY : unzigzag(first - 1);
    if (second === 0) return { start, end: Number.POSITIVE_INFINITY };
    return { start, end: first === 0 ? unzigzag(second - 1) : start + second - 1 };
  }
}

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
const unzigzag = (value: number): number => (value % 2 === 1 ? -(value + 1) / 2 : value / 2);
