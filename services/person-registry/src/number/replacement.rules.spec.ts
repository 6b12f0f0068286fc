import { Rejection } from '@crossroads/eventsourcing/decider';
import { reasonOf } from '@crossroads/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type NumberState, numberDecider } from './number.decider.js';
import { chainOf, leadingThrough, merge, replace, type NumberEvents, unreplace } from './replacement.rules.js';

type World = Map<string, NumberState>;

const carriedOut = (world: World, steps: NumberEvents): World => {
  const next = new Map(world);
  for (const [index, events] of steps)
    next.set(index, events.reduce(numberDecider.evolve, world.get(index) ?? numberDecider.initialState()));
  return next;
};
const given = (index: string) => ({ index, ssin: index, kind: 'test' as const });
const assign = (world: World, index: string, personId: string) =>
  carriedOut(
    world,
    new Map([
      [
        index,
        numberDecider.decide({ type: 'AssignNumber', personId, kind: 'test', ssin: index }, stateOf(world, index)),
      ],
    ]),
  );
const cancel = (world: World, index: string) =>
  carriedOut(world, new Map([[index, numberDecider.decide({ type: 'CancelNumber' }, stateOf(world, index))]]));
const merged = (world: World, index: string, by: string) => carriedOut(world, merge(world, index, by));
/** As a replacement, or as the merge that two officials need for it. */
const replaced = (world: World, index: string, by: string) => {
  const [one, other] = [personOf(world, index), personOf(world, by)];
  return one === undefined || other === undefined || one === other
    ? carriedOut(world, replace(world, index, given(by)))
    : merged(world, index, by);
};
const unreplaced = (world: World, index: string) => carriedOut(world, unreplace(world, index));
const stateOf = (world: World, index: string) => world.get(index) ?? numberDecider.initialState();
const personOf = (world: World, index: string) => {
  const state = stateOf(world, index);
  return state.status === 'absent' ? undefined : state.personId;
};
const three = assign(assign(assign(new Map(), 'A', 'a'), 'B', 'b'), 'C', 'c');

/** Numbers N and M of one person, neither of which is replaced. */
const unmerged = (): World => assign(assign(new Map(), 'N', 'one'), 'M', 'one');

describe('those whose numbers lead through a replaced one', () => {
  const chain = replaced(replaced(three, 'A', 'B'), 'B', 'C');

  it('are all who were merged with it, and nobody of the other side', () => {
    expect(leadingThrough(chain, 'B', 'C').sort()).toEqual(['a', 'b']);
    expect(leadingThrough(chain, 'A', 'B')).toEqual(['a']);
  });

  it('are nobody once that is taken apart', () => {
    expect(leadingThrough(unreplaced(chain, 'B'), 'B', 'C')).toEqual([]);
    expect(leadingThrough(three, 'A', 'B')).toEqual([]);
  });
});

describe('a replacement', () => {
  it('by a number that nobody had keeps the person', () => {
    const world = replaced(three, 'A', 'N');
    expect([personOf(world, 'A'), personOf(world, 'N')]).toEqual(['a', 'a']);
  });

  it('takes along what led to the replaced number, and leaves it behind when taken back', () => {
    const chain = replaced(replaced(three, 'A', 'B'), 'B', 'C');
    expect(['A', 'B', 'C'].map((index) => personOf(chain, index))).toEqual(['c', 'c', 'c']);
    const back = unreplaced(chain, 'B');
    expect(['A', 'B', 'C'].map((index) => personOf(back, index))).toEqual(['b', 'b', 'c']);
    const first = unreplaced(chain, 'A');
    expect(['A', 'B', 'C'].map((index) => personOf(first, index))).toEqual(['a', 'c', 'c']);
  });

  it.each([
    ['REPLACES_ITSELF', () => replaced(three, 'A', 'A')],
    ['UNKNOWN_SSIN', () => replaced(three, 'X', 'A')],
    ['ALREADY_REPLACED', () => replaced(replaced(three, 'A', 'B'), 'A', 'C')],
    ['SSIN_REPLACED', () => replaced(replaced(three, 'A', 'B'), 'C', 'A')],
    ['SSIN_CANCELED', () => replaced(cancel(three, 'A'), 'A', 'B')],
    ['SSIN_CANCELED', () => replaced(cancel(three, 'A'), 'B', 'A')],
    ['TWO_PERSONS', () => carriedOut(three, replace(three, 'A', given('B')))],
    ['UNKNOWN_SSIN', () => merged(three, 'A', 'X')],
    ['REPLACES_ITSELF', () => merged(three, 'A', 'A')],
    ['ALREADY_REPLACED', () => merged(replaced(three, 'A', 'B'), 'A', 'C')],
    ['ONE_PERSON', () => merged(unmerged(), 'N', 'M')],
    ['NOT_REPLACED', () => unreplaced(three, 'A')],
    ['UNKNOWN_SSIN', () => unreplaced(three, 'X')],
    ['REPLACES_OTHERS', () => unreplaced(replaced(replaced(three, 'A', 'N'), 'B', 'N'), 'A')],
    ['REPLACES_OTHERS', () => unreplaced(replaced(replaced(three, 'A', 'N'), 'N', 'B'), 'A')],
    ['SSIN_ALREADY_REGISTERED', () => assign(three, 'A', 'z')],
    ['SSIN_REPLACED', () => assign(replaced(three, 'A', 'B'), 'A', 'z')],
    ['SSIN_CANCELED', () => assign(cancel(three, 'A'), 'A', 'z')],
  ])('is refused: %s', (reason, act) => {
    expect(reasonOf(act)).toBe(reason);
  });
});

const INDEXES = ['A', 'B', 'C', 'D', 'E'];
const index = fc.constantFrom(...INDEXES);
const step = fc.oneof(
  { weight: 2, arbitrary: index.map((a) => (world: World, n: number) => assign(world, a, `person ${n}`)) },
  {
    weight: 5,
    arbitrary: fc.tuple(index, index).map(
      ([a, b]) =>
        (world: World) =>
          replaced(world, a, b),
    ),
  },
  { weight: 3, arbitrary: index.map((a) => (world: World) => unreplaced(world, a)) },
  { weight: 1, arbitrary: index.map((a) => (world: World) => cancel(world, a)) },
);

const after = (steps: readonly ((world: World, n: number) => World)[]): World =>
  steps.reduce<World>((world, act, n) => {
    try {
      return act(world, n);
    } catch (error) {
      if (error instanceof Rejection) return world;
      throw error;
    }
  }, new Map());

/** Where a number leads, by following what replaces it. */
const endOf = (world: World, start: string): string => {
  const seen = new Set<string>();
  let at = start;
  for (;;) {
    if (seen.has(at)) throw new Error('replacements go in a circle');
    seen.add(at);
    const state = stateOf(world, at);
    if (state.status === 'absent' || state.byIndex === undefined) return at;
    at = state.byIndex;
  }
};

describe('any sequence of commands', () => {
  it('leaves each number with the person of the number that it leads to', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const world = after(steps);
        for (const [one, state] of world) {
          if (state.status === 'absent') continue;
          expect(state.personId).toBe(personOf(world, endOf(world, one)));
          expect(state.status === 'replaced').toBe(state.byIndex !== undefined);
          for (const other of state.replaces) expect(stateOf(world, other)).toMatchObject({ byIndex: one });
          expect(chainOf(world, one)).not.toContain(one);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('is as it was before a replacement when that is taken back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), index, index, (steps, a, b) => {
        const before = after(steps);
        let between: World;
        try {
          between = replaced(before, a, b);
        } catch {
          return;
        }
        const back = unreplaced(between, a);
        for (const one of INDEXES) expect(stateOf(back, one)).toEqual(stateOf(before, one));
      }),
      { numRuns: 1_000 },
    );
  });
});
