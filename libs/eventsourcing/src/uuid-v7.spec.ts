import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { uuidV7 } from './uuid-v7.js';

const LAST_MS = 2 ** 48 - 1;

describe('a UUIDv7', () => {
  it('stands in an index after all that were made before, and is another each time', () => {
    const times = fc.uniqueArray(fc.integer({ min: 0, max: LAST_MS }), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(times, (unordered) => {
        const [before = 0, after = 0] = unordered.toSorted((a, b) => a - b);
        expect(uuidV7(before) < uuidV7(after)).toBe(true);
        expect(uuidV7(after)).not.toBe(uuidV7(after));
      }),
    );
  });

  it('has the form that RFC 9562 gives it', () => {
    expect(uuidV7(Date.UTC(2022, 1, 22, 19, 22, 22))).toMatch(
      /^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});
