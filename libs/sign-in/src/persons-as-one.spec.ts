import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { personsAsOne } from './persons-as-one.js';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-03-31T12:00:00Z');
const merge = (personId: string, days: number, contested = false) => ({
  personId,
  mergeTime: new Date(NOW.getTime() - days * DAY_MS),
  contested,
});
const seen = (ownPersonId: string, ...merges: ReturnType<typeof merge>[]) =>
  personsAsOne({ personId: 'survivor', ownPersonId, merges }, NOW);

describe('the persons who are one for what is shown to themselves', () => {
  it('are those of both numbers once a merge is 30 days old and nobody contests it', () => {
    expect(seen('survivor', merge('merged', 30))).toEqual(['survivor', 'merged']);
    expect(seen('merged', merge('merged', 30))).toEqual(['survivor', 'merged']);
  });

  it('are apart on day 29, seen from each of the two', () => {
    expect(seen('survivor', merge('merged', 29))).toEqual(['survivor']);
    expect(seen('merged', merge('merged', 29))).toEqual(['merged']);
  });

  it('are apart for ever when it is contested', () => {
    expect(seen('survivor', merge('merged', 10_000, true))).toEqual(['survivor']);
    expect(seen('merged', merge('merged', 10_000, true))).toEqual(['merged']);
  });

  it('are of several merges those that are old enough, seen from these', () => {
    const merges = [merge('old', 400), merge('young', 3), merge('contested', 400, true)];
    expect(seen('survivor', ...merges)).toEqual(['survivor', 'old']);
    expect(seen('old', ...merges)).toEqual(['survivor', 'old']);
    expect(seen('young', ...merges)).toEqual(['young']);
    expect(seen('contested', ...merges)).toEqual(['contested']);
  });

  it('of any merges: always the own one, and of two persons each sees the other or neither does', () => {
    const days = fc.record({ days: fc.integer({ min: 0, max: 60 }), contested: fc.boolean() });
    fc.assert(
      fc.property(fc.array(days, { maxLength: 5 }), (some) => {
        const merges = some.map(({ days, contested }, n) => merge(`p${n}`, days, contested));
        const all = ['survivor', ...merges.map(({ personId }) => personId)];
        const lists = new Map(all.map((own) => [own, seen(own, ...merges)]));
        for (const [own, list] of lists) {
          expect(list).toContain(own);
          for (const other of list) expect(lists.get(other)).toContain(own);
          for (const { personId, mergeTime, contested } of merges)
            if (contested || NOW.getTime() - mergeTime.getTime() < 30 * DAY_MS)
              expect(list.includes(personId)).toBe(personId === own);
        }
      }),
    );
  });
});
