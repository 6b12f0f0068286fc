import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { uuidV7 } from '../uuid-v7.js';
import { mayBeClosed, monthBefore } from './partitions.js';

const JANUARY = new Date('2027-01-15T12:00:00Z');

describe('a month', () => {
  it('is counted in UTC, over the end of the year', () => {
    expect([0, 1, 2, 14].map((n) => monthBefore(JANUARY, n))).toEqual([202_701, 202_612, 202_611, 202_511]);
    expect(monthBefore(new Date('2026-12-31T23:59:59.999Z'), 0)).toBe(202_612);
    expect(monthBefore(new Date('2026-03-31T12:00:00Z'), 1)).toBe(202_602);
  });
});

describe('a stream of the journal', () => {
  it.each([
    ['2026-10-31T23:59:59.999Z', true],
    ['2026-11-01T00:00:00Z', false],
    ['2027-01-15T12:00:00Z', false],
  ])('that began at %s may be closed in January: %s', (began, expected) => {
    expect(mayBeClosed(uuidV7(Date.parse(began)), JANUARY)).toBe(expected);
  });

  it('takes events for longer than a request is repeated', () => {
    const lastOfMonth = Date.parse('2026-10-31T23:59:59.999Z');
    expect(mayBeClosed(uuidV7(lastOfMonth), new Date(lastOfMonth + 36 * 86_400_000))).toBe(false);
  });

  it('is one by its id: others are never closed', () => {
    expect(mayBeClosed(randomUUID(), JANUARY)).toBe(false);
    expect(mayBeClosed('policy', JANUARY)).toBe(false);
  });
});
