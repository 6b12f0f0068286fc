import { describe, expect, it } from '@jest/globals';
import { randomFrom } from './random.js';
import { canCoincide, type Injection, roundsOf } from './rounds.js';

const fault = (what: string, breaks: string[], needs: string[] = []): Injection => ({
  what,
  breaks,
  needs,
  inject: async () => undefined,
});

const FAULTS = [
  fault('kill exchange', ['exchange'], ['postgres']),
  fault('kill subscription', ['subscription'], ['postgres']),
  fault('kill postgres', ['postgres']),
  fault('out of connections', ['postgres']),
  fault('four processes', [], ['postgres', 'kafka']),
  fault('kill kafka', ['kafka']),
];

describe('rounds of faults', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('hold each fault once, of seed %p, and none that another one prevents', (seed) => {
    const rounds = roundsOf(FAULTS, randomFrom(seed), 3);
    expect(
      rounds
        .flat()
        .map(({ what }) => what)
        .toSorted(),
    ).toEqual(FAULTS.map(({ what }) => what).toSorted());
    for (const round of rounds) {
      expect(round.length).toBeLessThanOrEqual(3);
      for (const one of round)
        for (const other of round)
          expect([one.what, other.what, one === other || canCoincide(one, other)]).toContain(true);
    }
  });

  it('are the same for the same seed', () => {
    expect(roundsOf(FAULTS, randomFrom(7), 3)).toEqual(roundsOf(FAULTS, randomFrom(7), 3));
  });
});
