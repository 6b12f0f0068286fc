import { deciderSpec } from '@crossroads/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DayRange } from '../period/days.rules.js';
import { addPeriod, endPeriods, type Periods } from '../period/periods.rules.js';
import {
  changesOf,
  type Inscribed,
  type InscriptionCommand,
  inscriptionDecider,
  type InscriptionsChanged,
  type Line,
} from './inscription.decider.js';

const given = deciderSpec(inscriptionDecider);
const INSTITUTION = '0212177076';
const line = (person: number, start: number, end = Number.POSITIVE_INFINITY, context = '17/2'): Line => ({
  persons: [person],
  context,
  period: { start, end },
});
const inscribe = (...lines: Line[]): InscriptionCommand => ({ type: 'Inscribe', institution: INSTITUTION, lines });
const uninscribe = (end: number, ...persons: number[]): InscriptionCommand => ({
  type: 'Uninscribe',
  institution: INSTITUTION,
  lines: [{ persons, context: '17/2', period: { start: Number.NEGATIVE_INFINITY, end } }],
});
const changed = (...changes: (DayRange & { readonly person: number })[]): InscriptionsChanged => ({
  type: 'InscriptionsChanged',
  data: { institution: INSTITUTION, changes: changes.map((change) => ({ ...change, context: '17/2' })) },
});

describe('inscriptions', () => {
  it('a chunk of lines is one event', () => {
    given()
      .when(inscribe(line(1, 0), line(2, 5, 10)))
      .then(changed({ person: 1, start: 0, end: Number.POSITIVE_INFINITY }, { person: 2, start: 5, end: 10 }));
  });

  it('inscribing what is already inscribed changes nothing', () => {
    given(changed({ person: 1, start: 0, end: 100 }))
      .when(inscribe(line(1, 0, 100), line(1, 10, 20)))
      .thenNothing();
  });

  it('a period that touches another one is merged with it, and the other one is removed', () => {
    given(changed({ person: 1, start: 10, end: 20 }))
      .when(inscribe(line(1, 0, 10)))
      .then(changed({ person: 1, start: 10, end: 10 }, { person: 1, start: 0, end: 20 }));
  });

  it('uninscribing ends periods, and removes those that start later', () => {
    const there = changed({ person: 1, start: 0, end: 20 }, { person: 1, start: 30, end: 40 });
    given(there)
      .when(uninscribe(10, 1))
      .then(changed({ person: 1, start: 30, end: 30 }, { person: 1, start: 0, end: 10 }));
    given(there).when(uninscribe(50, 1)).thenNothing();
  });

  it('uninscribing ends the periods of all merged persons', () => {
    given(changed({ person: 1, start: 0, end: 20 }, { person: 2, start: 0, end: 20 }))
      .when(uninscribe(10, 2, 1))
      .then(changed({ person: 2, start: 0, end: 10 }, { person: 1, start: 0, end: 10 }));
  });

  it('a line sees the changes of the lines before it in the chunk', () => {
    const command = inscribe(line(1, 0, 10), line(1, 0, 10), line(1, 10, 20));
    expect(changesOf(command, inscriptionDecider.initialState()).changedLines).toEqual([0, 2]);
    given()
      .when(command)
      .then(changed({ person: 1, start: 0, end: 10 }, { person: 1, start: 0, end: 20 }));
  });

  it('the events lead to the state that was asked for, and repeating a command changes nothing', () => {
    const days = fc
      .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 12 }))
      .map(([start, length]) => ({ start, end: start + length }));
    const asked = fc.record({
      type: fc.constantFrom('Inscribe', 'Uninscribe'),
      person: fc.integer({ min: 1, max: 3 }),
      context: fc.constantFrom('17/2', '18/1'),
      days,
    });
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 12 }), (all) => {
        let state: Inscribed = inscriptionDecider.initialState();
        const expected = new Map<string, Periods>();
        for (const {
          type,
          person,
          context,
          days: { start, end },
        } of all) {
          const command = { type, institution: INSTITUTION, lines: [line(person, start, end, context)] };
          const events = inscriptionDecider.decide(command, state);
          state = events.reduce(inscriptionDecider.evolve, state);
          expect(inscriptionDecider.decide(command, state)).toEqual([]);
          const key = `${person} ${context}`;
          const before = expected.get(key) ?? [];
          expected.set(key, type === 'Inscribe' ? addPeriod(before, { start, end }) : endPeriods(before, end));
        }
        for (const [key, periods] of expected) {
          const [person, context = ''] = key.split(' ');
          expect(state.get(Number(person))?.get(context) ?? []).toEqual(periods);
        }
      }),
    );
  });
});
