import type { IncompleteDate, IsoDay } from '@crossroads/identifiers';
import { deciderSpec } from '@crossroads/testing';
import { describe, expect, it } from '@jest/globals';
import { CARDINALITIES, type Fact } from './facts.js';
import { type PersonCommand, type PersonEvent, personDecider } from './person.decider.js';

const said = { ssin: '85670100107', reporter: '0207387064' };
const day = (text: string) => text as IsoDay;
const name = (familyName: string): Fact => ({
  group: 'name',
  value: { familyNames: [familyName], givenNames: [] },
  period: {},
});
const address = (street: string, start?: string, end?: string): Fact => ({
  group: 'address',
  value: { street },
  period: { ...(start ? { start: day(start) } : {}), ...(end ? { end: day(end) } : {}) },
});
const happened = (group: 'birth' | 'death', date: string): Fact => ({
  group,
  value: { date: date as IncompleteDate },
  period: {},
});
const register = (...facts: Fact[]): PersonCommand => ({ type: 'RegisterPerson', ...said, facts });
const change = (...facts: Fact[]): PersonCommand => ({ type: 'ChangePerson', ...said, facts });
const registered = (...facts: Fact[]): PersonEvent => ({ type: 'PersonRegistered', data: { ...said, facts } });
const changed = (...facts: Fact[]): PersonEvent => ({ type: 'PersonChanged', data: { ...said, facts } });
const forgotten: PersonEvent = { type: 'PersonForgotten', data: {} };

const person = personDecider(CARDINALITIES);
const given = deciderSpec(person);

describe('person', () => {
  it('is registered with a name', () => {
    given()
      .when(register(name('Maes')))
      .then(registered(name('Maes')));
    given()
      .when(register(address('Meir')))
      .thenRejected('NAME_REQUIRED');
  });

  it('is stated again above what was seen, once for each loss', () => {
    const reassert = (seen: bigint): PersonCommand => ({ type: 'ReassertPerson', ssin: said.ssin, seen });
    const reasserted = (sourceRevision: string): PersonEvent => ({
      type: 'PersonReasserted',
      data: { ssin: said.ssin, sourceRevision },
    });
    const past = registered(name('Maes'));
    given(past).when(reassert(7n)).then(reasserted('8'));
    given(past, changed(name('Smets')), changed(name('Maes')))
      .when(reassert(1n))
      .then(reasserted('4'));
    given(past, reasserted('8'), changed(name('Smets')))
      .when(reassert(7n))
      .thenNothing();
    given(past, reasserted('8')).when(reassert(8n)).then(reasserted('9'));
    given(past, forgotten).when(reassert(7n)).thenRejected('PERSON_FORGOTTEN');
  });

  it('counts on from the revision that was stated', () => {
    const state = [
      registered(name('Maes')),
      { type: 'PersonReasserted', data: { ssin: said.ssin, sourceRevision: '8' } } as const,
      changed(name('Smets')),
    ].reduce(person.evolve, person.initialState());
    expect(state).toMatchObject({ sourceRevision: 9n, reassertedRevision: 8n });
  });

  it('changes by what is new only', () => {
    const past = registered(name('Maes'), address('Meir', '2010-01-01'));
    given(past)
      .when(change(name('Maes'), address('Coupure', '2020-01-01')))
      .then(changed(address('Coupure', '2020-01-01')));
    given(past)
      .when(change(name('Maes')))
      .thenNothing();
  });

  it('does not change when what is said contradicts itself back to what is known', () => {
    const both = [address('Meir', '2010-01-01'), address('Coupure', '2010-01-01')];
    given(registered(name('Maes'), ...both))
      .when(change(...both))
      .thenNothing();
  });

  it('does not die before being born, whichever is said last', () => {
    const death = 'DEATH_BEFORE_BIRTH';
    given(registered(name('Maes'), happened('birth', '1985-07-30')))
      .when(change(happened('death', '1985-07-29')))
      .thenRejected(death);
    given(registered(name('Maes'), happened('death', '1985-07-29')))
      .when(change(happened('birth', '1985-07-30')))
      .thenRejected(death);
    given()
      .when(register(name('Maes'), happened('birth', '2000-01-01'), happened('death', '1999-00-00')))
      .thenRejected(death);
  });

  it.each([
    ['1985-07-00', '1985-07-30'],
    ['1985-00-00', '1985-07-30'],
    ['1985-07-30', '1985-07-30'],
  ])('may have died on %s and been born on %s', (death, birth) => {
    given(registered(name('Maes'), happened('birth', birth)))
      .when(change(happened('death', death)))
      .then(changed(happened('death', death)));
  });

  it('is changed against the expected revision only', () => {
    const stale: PersonCommand = { type: 'ChangePerson', ...said, facts: [name('Claes')], expectedSourceRevision: 2n };
    given(registered(name('Maes')))
      .when(stale)
      .thenRejected('SOURCE_REVISION_CHANGED');
    given(registered(name('Maes')), changed(name('Peeters')))
      .when(stale)
      .then(changed(name('Claes')));
  });

  it('is not changed once forgotten', () => {
    given(forgotten)
      .when(change(name('Maes')))
      .thenRejected('PERSON_FORGOTTEN');
  });

  it('has no more facts than can be read whole', () => {
    const many = Array.from(
      { length: 1_001 },
      (_, n): Fact => ({
        group: 'family',
        value: { code: 'CHILD', ssin: String(n) },
        period: {},
      }),
    );
    given()
      .when(register(name('Maes'), ...many))
      .thenRejected('TOO_MANY_FACTS');
  });

  it('counts what was said', () => {
    const state = [registered(name('Maes')), changed(name('Claes')), forgotten].reduce(
      person.evolve,
      person.initialState(),
    );
    expect(state).toEqual({ forgotten: true, facts: [], sourceRevision: 3n });
  });
});
