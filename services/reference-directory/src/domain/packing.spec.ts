import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Entry, type Line, packEntries, packLines, unpackEntries, unpackLines } from './packing.js';

/** Years 1 to 9999, seen from 2010. */
const day = fc.integer({ min: -733_772, max: 2_918_000 });
const period = fc.oneof(
  fc.tuple(day, fc.integer({ min: 0, max: 100_000 })).map(([start, length]) => ({ start, end: start + length })),
  day.map((start) => ({ start, end: Number.POSITIVE_INFINITY })),
  day.map((end) => ({ start: Number.NEGATIVE_INFINITY, end })),
  fc.constant({ start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }),
);
const entry: fc.Arbitrary<Entry> = fc
  .tuple(fc.integer({ min: 1, max: 2 ** 31 - 1 }), period)
  .map(([file, days]) => ({ file, ...days }));
const line: fc.Arbitrary<Line> = fc
  .tuple(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.integer({ min: 0, max: 5_000 }), period)
  .map(([person, context, days]) => ({ person, context, ...days }));

describe('packing', () => {
  it('gives a row back in the order of files and starts', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(entry, { selector: ({ file, start }) => `${file} ${start}`, maxLength: 40 }),
        (entries) => {
          const sorted = [...entries].sort((a, b) => a.file - b.file || a.start - b.start);
          expect(unpackEntries(packEntries(entries))).toEqual(sorted);
        },
      ),
    );
  });

  it('gives an event back in the order of persons, those of one person as they were', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
        expect(unpackLines(packLines(lines))).toEqual([...lines].sort((a, b) => a.person - b.person));
      }),
    );
  });

  it('packs the same entries into the same bytes, whatever their order', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(entry, { selector: ({ file, start }) => `${file} ${start}`, maxLength: 20 }),
        (entries) => {
          expect(packEntries([...entries].reverse())).toEqual(packEntries(entries));
        },
      ),
    );
  });

  it('takes seven bytes at most for an inscription of our time in a network of 16,000 files', () => {
    const entries = Array.from({ length: 14 }, (_, n) => ({
      file: 1 + n * 1_142,
      start: -8_000 + n * 1_100,
      end: 8_000,
    }));
    expect(packEntries(entries).length).toBeLessThanOrEqual(1 + 14 * 7);
  });

  it('refuses bytes of another version, and bytes that end too early', () => {
    expect(() => unpackEntries(Buffer.of(2, 1, 0, 0))).toThrow(RangeError);
    expect(() => unpackEntries(Buffer.of(1, 1, 0))).toThrow(RangeError);
    expect(() => unpackLines(Buffer.alloc(0))).toThrow(RangeError);
  });
});
