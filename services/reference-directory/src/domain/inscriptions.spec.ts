import { deciderSpec } from '@crossroads/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Days } from './days.js';
import {
  type AskedLine,
  changesOf,
  decide,
  type Inscribed,
  type InscriptionCommand,
  type InscriptionsChanged,
  inscriptions,
} from './inscriptions.js';
import { packLines } from './packing.js';
import { endedBefore, type Periods, withPeriod } from './periods.js';

const given = deciderSpec(inscriptions);
const INSTITUTION = '0212177076';
const line = (person: number, start: number, end = Number.POSITIVE_INFINITY, context = '17/2'): AskedLine => ({
  persons: [person],
  context,
  period: { start, end },
});
const inscribe = (...lines: AskedLine[]): InscriptionCommand => ({ type: 'Inscribe', institution: INSTITUTION, lines });
const uninscribe = (end: number, ...persons: number[]): InscriptionCommand => ({
  type: 'Uninscribe',
  institution: INSTITUTION,
  lines: [{ persons, context: '17/2', period: { start: Number.NEGATIVE_INFINITY, end } }],
});
const changed = (...changes: (Days & { readonly person: number })[]): InscriptionsChanged => ({
  type: 'InscriptionsChanged',
  data: {
    institution: INSTITUTION,
    contexts: ['17/2'],
    packed: packLines(changes.map((change) => ({ ...change, context: 0 }))).toString('base64'),
  },
});

describe('inscriptions', () => {
  it('take a chunk as one event', () => {
    given()
      .when(inscribe(line(1, 0), line(2, 5, 10)))
      .then(changed({ person: 1, start: 0, end: Number.POSITIVE_INFINITY }, { person: 2, start: 5, end: 10 }));
  });

  it('change nothing when they are there', () => {
    given(changed({ person: 1, start: 0, end: 100 }))
      .when(inscribe(line(1, 0, 100), line(1, 10, 20)))
      .thenNothing();
  });

  it('become one with those that they meet, which are then gone', () => {
    given(changed({ person: 1, start: 10, end: 20 }))
      .when(inscribe(line(1, 0, 10)))
      .then(changed({ person: 1, start: 10, end: 10 }, { person: 1, start: 0, end: 20 }));
  });

  it('end, or are taken back', () => {
    const there = changed({ person: 1, start: 0, end: 20 }, { person: 1, start: 30, end: 40 });
    given(there)
      .when(uninscribe(10, 1))
      .then(changed({ person: 1, start: 30, end: 30 }, { person: 1, start: 0, end: 10 }));
    given(there).when(uninscribe(50, 1)).thenNothing();
  });

  it('end for all persons that became one', () => {
    given(changed({ person: 1, start: 0, end: 20 }, { person: 2, start: 0, end: 20 }))
      .when(uninscribe(10, 2, 1))
      .then(changed({ person: 2, start: 0, end: 10 }, { person: 1, start: 0, end: 10 }));
  });

  it('see the lines before them in the same chunk', () => {
    const command = inscribe(line(1, 0, 10), line(1, 0, 10), line(1, 10, 20));
    expect(decide(command, inscriptions.initialState()).changing).toEqual([0, 2]);
    given()
      .when(command)
      .then(changed({ person: 1, start: 0, end: 10 }, { person: 1, start: 0, end: 20 }));
  });

  it('are split where an event would be too long to be published', () => {
    const lines = Array.from({ length: 5_001 }, (_, n) => line(n + 1, 0));
    expect(
      inscriptions.decide(inscribe(...lines), inscriptions.initialState()).map((event) => changesOf(event).length),
    ).toEqual([5_000, 1]);
  });

  it('come to the same state by events as by what was asked, and change nothing when asked again', () => {
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
        let state: Inscribed = inscriptions.initialState();
        const expected = new Map<string, Periods>();
        for (const {
          type,
          person,
          context,
          days: { start, end },
        } of all) {
          const command = { type, institution: INSTITUTION, lines: [line(person, start, end, context)] };
          const events = inscriptions.decide(command, state);
          state = events.reduce(inscriptions.evolve, state);
          expect(inscriptions.decide(command, state)).toEqual([]);
          const key = `${person} ${context}`;
          const before = expected.get(key) ?? [];
          expected.set(key, type === 'Inscribe' ? withPeriod(before, { start, end }) : endedBefore(before, end));
        }
        for (const [key, periods] of expected) {
          const [person, context = ''] = key.split(' ');
          expect(state.get(Number(person))?.get(context) ?? []).toEqual(periods);
        }
      }),
    );
  });
});
