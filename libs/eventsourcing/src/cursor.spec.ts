import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareCursors, encodeCursor, LOG_START, parseCursor } from './cursor.js';

const cursors = fc.record({
  transactionId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  position: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
});

describe('a cursor', () => {
  it('is read as it was written', () => {
    fc.assert(fc.property(cursors, (cursor) => expect(parseCursor(encodeCursor(cursor))).toEqual(cursor)));
  });

  it('is before another by transaction, then by position', () => {
    expect(compareCursors({ transactionId: 2n, position: 1n }, { transactionId: 1n, position: 9n })).toBeGreaterThan(0);
    expect(compareCursors({ transactionId: 1n, position: 1n }, { transactionId: 1n, position: 9n })).toBeLessThan(0);
    fc.assert(fc.property(cursors, cursors, (a, b) => compareCursors(a, b) === -compareCursors(b, a) || a === b));
  });

  it('is the start of the log when empty, and nothing when malformed', () => {
    expect(parseCursor('')).toBe(LOG_START);
    const malformed = [
      '1',
      '1:',
      ':1',
      '-1:1',
      '1:1:1',
      ' 1:1',
      '1:x',
      '9'.repeat(30),
      '18446744073709551616:1',
      '1:9223372036854775808',
    ];
    for (const text of malformed) expect(parseCursor(text)).toBeUndefined();
  });
});
