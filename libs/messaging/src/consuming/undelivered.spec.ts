import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Undelivered } from './undelivered.js';

const HOUR = 3_600_000;
const POSITIONS = Array.from({ length: 30 }, (_, n) => n + 1);
const at = (position: number, after = position - 1, logId = 'one') => ({
  logId,
  position: BigInt(position),
  previous: { position: BigInt(after), hash: '' },
});

describe('what a broker has not delivered', () => {
  it('is what was read from the publisher, and came in no message within the hour', () => {
    fc.assert(
      fc.property(fc.subarray(POSITIONS), fc.subarray(POSITIONS), (read, came) => {
        const undelivered = new Undelivered();
        for (const position of read) undelivered.add(at(position), 0);
        for (const position of came) undelivered.delivered(at(position));
        expect(undelivered.overdue(HOUR - 1, HOUR)).toEqual([]);
        expect(undelivered.overdue(HOUR, HOUR)).toEqual(read.filter((one) => !came.includes(one)).map(BigInt));
        expect(undelivered.overdue(2 * HOUR, HOUR)).toEqual([]);
      }),
    );
  });

  it('does not include what came in a bundle', () => {
    const undelivered = new Undelivered();
    for (const position of [3, 4, 5, 6]) undelivered.add(at(position), 0);
    undelivered.delivered(at(5, 3));
    expect(undelivered.overdue(HOUR, HOUR)).toEqual([3n, 6n]);
  });

  it('counts from when it was read first', () => {
    const undelivered = new Undelivered();
    undelivered.add(at(3), 0);
    undelivered.add(at(3), HOUR / 2);
    expect(undelivered.overdue(HOUR, HOUR)).toEqual([3n]);
  });

  it('begins anew with another log', () => {
    const undelivered = new Undelivered();
    undelivered.add(at(3), 0);
    undelivered.delivered(at(3, 2, 'other'));
    undelivered.add(at(1, 0, 'other'), 0);
    expect(undelivered.overdue(HOUR, HOUR)).toEqual([1n]);
  });
});
