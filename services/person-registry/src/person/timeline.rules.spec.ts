import { addDays, type IsoDay } from '@crossroads/identifiers';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CARDINALITIES, type Fact, type HeldFact } from './facts.js';
import * as timeline from './timeline.rules.js';

const { inForceOn, sameFacts } = timeline;
const withFact = (held: readonly HeldFact[], fact: HeldFact) => timeline.withFact(held, fact, CARDINALITIES);

const FIRST = '2020-01-01' as IsoDay;
const DAYS = 24;
const dayAt = (n: number): IsoDay => addDays(FIRST, n);
const address = (street: string, start?: number, end?: number): Fact => ({
  group: 'address',
  value: { street },
  period: {
    ...(start === undefined ? {} : { start: dayAt(start) }),
    ...(end === undefined ? {} : { end: dayAt(end) }),
  },
});
const held = (...facts: Fact[]) => facts.reduce<readonly HeldFact[]>(withFact, []);
const byStart = (a: HeldFact, b: HeldFact) => ((a.period.start ?? '') < (b.period.start ?? '') ? -1 : 1);
const streets = (facts: readonly HeldFact[]) =>
  [...facts]
    .sort(byStart)
    .map((fact) => (fact.group === 'address' ? [fact.value.street, fact.period.start, fact.period.end] : []));

describe('a timeline', () => {
  it('closes the one before', () => {
    expect(streets(held(address('a', 0), address('b', 5)))).toEqual([
      ['a', dayAt(0), dayAt(5)],
      ['b', dayAt(5), undefined],
    ]);
  });

  it('takes a correction of the past without losing what came later', () => {
    expect(streets(held(address('a', 0), address('c', 10), address('b', 5)))).toEqual([
      ['a', dayAt(0), dayAt(5)],
      ['b', dayAt(5), dayAt(10)],
      ['c', dayAt(10), undefined],
    ]);
  });

  it('goes on as before after a period with an end', () => {
    expect(streets(held(address('a', 0), address('b', 5, 8)))).toEqual([
      ['a', dayAt(0), dayAt(5)],
      ['b', dayAt(5), dayAt(8)],
      ['a', dayAt(8), undefined],
    ]);
  });

  it('ends a fact that is said again with an end, and opens it again without', () => {
    const ended = held(address('a', 0), address('a', 0, 5));
    expect(streets(ended)).toEqual([['a', dayAt(0), dayAt(5)]]);
    expect(streets(withFact(ended, address('a', 0)))).toEqual([['a', dayAt(0), undefined]]);
  });

  it('keeps several nationalities side by side, and one name', () => {
    const of = (code: string): Fact => ({ group: 'nationality', value: { code }, period: { start: FIRST } });
    expect(held(of('150'), of('111'))).toHaveLength(2);
    const name = (family: string): Fact => ({
      group: 'name',
      value: { familyNames: [family], givenNames: [] },
      period: {},
    });
    expect(held(name('Maes'), name('Claes'))).toHaveLength(1);
  });

  it('knows one birth and one death, the latest said; a death is so from its first possible day', () => {
    const died = (date: string): Fact => ({ group: 'death', value: { date: date as never }, period: {} });
    const facts = held(died('2020-03-04'), died('2021-05-00'));
    expect(facts).toHaveLength(1);
    expect(inForceOn(facts, '2021-04-30' as IsoDay)).toEqual([]);
    expect(inForceOn(facts, '2021-05-01' as IsoDay)).toHaveLength(1);
  });
});

/** What is said of each day, and since which day it was said; nothing else: too simple to be wrong. */
class DayByDay {
  private readonly days: ({ readonly street: string; readonly since: number } | undefined)[] = Array.from({
    length: DAYS,
  });

  say(street: string, start: number, end: number | undefined): void {
    const before = this.days[start];
    if (before?.street === street && before.since === start)
      for (let day = start; day < DAYS && this.days[day]?.since === start; day++) this.days[day] = undefined;

    const until = end ?? this.nextBegin(start);
    const cut = this.days[until];
    for (let day = start; day < until; day++) this.days[day] = { street, since: start };
    if (cut === undefined || cut.since === until) return;
    for (let day = until; day < DAYS && this.days[day]?.since === cut.since; day++)
      this.days[day] = { ...cut, since: until };
  }

  at(day: number): string | undefined {
    return this.days[day]?.street;
  }

  private nextBegin(start: number): number {
    for (let day = start + 1; day < DAYS; day++) if (this.days[day]?.since === day) return day;
    return DAYS;
  }
}

const saying = fc.record({
  street: fc.constantFrom('a', 'b', 'c'),
  start: fc.integer({ min: 0, max: DAYS - 4 }),
  length: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
});
const sayings = fc.array(saying, { maxLength: 12 });
const factOf = ({ street, start, length }: { street: string; start: number; length: number | undefined }) =>
  address(street, start, length === undefined ? undefined : Math.min(start + length, DAYS - 1));

describe('any timeline', () => {
  it('agrees day by day with a naive one', () => {
    fc.assert(
      fc.property(sayings, (all) => {
        const naive = new DayByDay();
        for (const { street, start, length } of all)
          naive.say(street, start, length === undefined ? undefined : Math.min(start + length, DAYS - 1));
        const facts = held(...all.map(factOf));
        // The last day stands for all that come after it.
        for (let day = 0; day < DAYS; day++) {
          const [now] = inForceOn(facts, dayAt(day));
          expect(now?.group === 'address' ? now.value.street : undefined).toBe(naive.at(day));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never has two of a kind on one day', () => {
    fc.assert(
      fc.property(sayings, (all) => {
        const periods = [...held(...all.map(factOf))].sort(byStart).map(({ period }) => period);
        for (const [index, { start, end }] of periods.entries()) {
          const next = periods[index + 1];
          expect(start === undefined || end === undefined || start < end).toBe(true);
          if (next) expect(end !== undefined && next.start !== undefined && end <= next.start).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('does not change when the last saying is repeated', () => {
    fc.assert(
      fc.property(sayings, saying, (all, last) => {
        const once = held(...all.map(factOf), factOf(last));
        expect(sameFacts(once, withFact(once, factOf(last)))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
