import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Entry, packEntries, unpackEntries } from './entry.codec.js';

/** Years 1 to 9999; day 0 is in 2010. */
const day = fc.integer({ min: -733_772, max: 2_918_000 });
const range = fc.oneof(
  fc.tuple(day, fc.integer({ min: 0, max: 100_000 })).map(([start, length]) => ({ start, end: start + length })),
  day.map((start) => ({ start, end: Number.POSITIVE_INFINITY })),
  day.map((end) => ({ start: Number.NEGATIVE_INFINITY, end })),
  fc.constant({ start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }),
);
const entry: fc.Arbitrary<Entry> = fc
  .tuple(fc.integer({ min: 1, max: 2 ** 31 - 1 }), range)
  .map(([contextId, days]) => ({ contextId, ...days }));
const row = fc.uniqueArray(entry, { selector: ({ contextId, start }) => `${contextId} ${start}`, maxLength: 40 });

describe('the packed row of a person', () => {
  it('a packed row is unpacked in the order of contexts and starts', () => {
    fc.assert(
      fc.property(row, (entries) => {
        const sorted = [...entries].sort((a, b) => a.contextId - b.contextId || a.start - b.start);
        expect(unpackEntries(packEntries(entries))).toEqual(sorted);
      }),
    );
  });

  it('the order of the entries does not change the packed bytes', () => {
    fc.assert(
      fc.property(row, (entries) => {
        expect(packEntries([...entries].reverse())).toEqual(packEntries(entries));
      }),
    );
  });

  it('an inscription of recent years takes at most seven bytes in a network of 16,000 contexts', () => {
    const entries = Array.from({ length: 14 }, (_, n) => ({
      contextId: 1 + n * 1_142,
      start: -8_000 + n * 1_100,
      end: 8_000,
    }));
    expect(packEntries(entries).length).toBeLessThanOrEqual(1 + 14 * 7);
  });

  it('bytes of another version and truncated bytes are refused', () => {
    expect(() => unpackEntries(Buffer.of(2, 1, 0, 0))).toThrow(RangeError);
    expect(() => unpackEntries(Buffer.of(1, 1, 0))).toThrow(RangeError);
    expect(() => unpackEntries(Buffer.alloc(0))).toThrow(RangeError);
  });
});
