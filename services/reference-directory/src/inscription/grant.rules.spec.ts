import { describe, expect, it } from '@jest/globals';
import { grantRefusalOf } from './grant.rules.js';

const TODAY = 6_000;
const line = (start: number, context = '17/2') => ({ context, period: { start, end: Number.POSITIVE_INFINITY } });
const grant = (earlierStarts: boolean) => ({
  enterpriseNumber: '0207000000',
  inscriptionContexts: ['17/2'],
  earlierStarts,
  dailyPersons: undefined,
});

describe('an inscription', () => {
  it('is refused without a grant, and in a context that the grant does not name', () => {
    expect(grantRefusalOf(undefined, line(TODAY), TODAY)).toBe('INSCRIPTION_CONTEXT_NOT_GRANTED');
    expect(grantRefusalOf(grant(true), line(TODAY, '17/5'), TODAY)).toBe('INSCRIPTION_CONTEXT_NOT_GRANTED');
  });

  it('starts at most 30 days ago', () => {
    expect(grantRefusalOf(grant(false), line(TODAY - 30), TODAY)).toBeUndefined();
    expect(grantRefusalOf(grant(false), line(TODAY + 100), TODAY)).toBeUndefined();
    expect(grantRefusalOf(grant(false), line(TODAY - 31), TODAY)).toBe('START_TOO_EARLY');
    expect(grantRefusalOf(grant(false), line(Number.NEGATIVE_INFINITY), TODAY)).toBe('START_TOO_EARLY');
  });

  it('starts whenever where the committee has allowed it', () => {
    expect(grantRefusalOf(grant(true), line(TODAY - 10_000), TODAY)).toBeUndefined();
    expect(grantRefusalOf(grant(true), line(Number.NEGATIVE_INFINITY), TODAY)).toBeUndefined();
  });
});
