import { Rejection } from '@crossroads/eventsourcing/decider';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type NumberState, numberDecider } from '../number/number.decider.js';
import { merge, type NumberEvents, replace, unreplace } from '../number/replacement.rules.js';
import { CARDINALITIES } from './facts.js';
import { mergeEventsOf } from './merge.rules.js';
import { personDecider, type PersonState } from './person.decider.js';

const { evolve, initialState } = personDecider(CARDINALITIES);

const NOW = '2026-03-01T12:00:00.000Z';

/** Numbers by index and persons by id, as folded from all events so far. */
class World {
  readonly numbers = new Map<string, NumberState>();
  readonly persons = new Map<string, PersonState>();

  run(decide: () => NumberEvents): void {
    const decided = decide();
    const merges = mergeEventsOf(this.numbers, decided, NOW);
    for (const [index, events] of decided)
      this.numbers.set(index, events.reduce(numberDecider.evolve, this.number(index)));
    for (const [id, event] of merges) this.persons.set(id, evolve(this.person(id), event));
  }

  assign(index: string, personId: string): void {
    const command = { type: 'AssignNumber', personId, kind: 'test', ssin: index } as const;
    this.run(() => new Map([[index, numberDecider.decide(command, this.number(index))]]));
  }

  /** As a replacement, or as the merge that two officials need for it. */
  replace(index: string, by: string): void {
    this.run(() => {
      const [one, other] = [this.number(index), this.number(by)];
      const areTwo = 'personId' in one && 'personId' in other && one.personId !== other.personId;
      return areTwo
        ? merge(this.numbers, index, by)
        : replace(this.numbers, index, { index: by, ssin: by, kind: 'test' });
    });
  }

  unreplace(index: string): void {
    this.run(() => unreplace(this.numbers, index));
  }

  number(index: string): NumberState {
    return this.numbers.get(index) ?? numberDecider.initialState();
  }

  person(id: string): PersonState {
    return this.persons.get(id) ?? initialState();
  }
}

describe('the events that a replacement means for persons', () => {
  const numbers = new Map<string, NumberState>();
  const assigned = (personId: string): NumberState =>
    numberDecider.evolve(numberDecider.initialState(), {
      type: 'NumberAssigned',
      data: { personId, kind: 'test', ssin: personId },
    });
  numbers.set('A', assigned('a')).set('B', assigned('b'));

  it('tell the merged person and the survivor', () => {
    const decided = merge(numbers, 'A', 'B');
    const data = { personIds: ['a'], survivor: 'b', at: NOW, contested: [] };
    expect([...mergeEventsOf(numbers, decided, NOW)].sort(([a], [b]) => a.localeCompare(b))).toEqual([
      ['a', { type: 'PersonMerged', data }],
      ['b', { type: 'MergesChanged', data }],
    ]);
  });

  it('are none when the person stays the same', () => {
    const decided = replace(numbers, 'A', { index: 'N', ssin: 'N', kind: 'test' });
    expect(mergeEventsOf(numbers, decided, NOW).size).toBe(0);
  });
});

const index = fc.constantFrom('A', 'B', 'C', 'D', 'E');
const step = fc.oneof(
  { weight: 2, arbitrary: index.map((a) => (world: World, n: number) => world.assign(a, `person ${n}`)) },
  {
    weight: 5,
    arbitrary: fc.tuple(index, index).map(
      ([a, b]) =>
        (world: World) =>
          world.replace(a, b),
    ),
  },
  { weight: 3, arbitrary: index.map((a) => (world: World) => world.unreplace(a)) },
);

describe('any sequence of commands', () => {
  it('leaves each person merged into the one to whom its numbers lead, and no other', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const world = new World();
        for (const [n, act] of steps.entries()) {
          try {
            act(world, n);
          } catch (error) {
            if (!(error instanceof Rejection)) throw error;
          }
          for (const state of world.numbers.values()) {
            if (state.status === 'absent') continue;
            const { mergedInto = state.ownPersonId } = world.person(state.ownPersonId);
            expect(mergedInto).toBe(state.personId);
            // Else a change of this number would start again for ever.
            if (state.status === 'active') expect(world.person(state.personId).mergedInto).toBeUndefined();
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
