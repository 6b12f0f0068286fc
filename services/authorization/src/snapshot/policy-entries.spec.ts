import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { policy as decider, type PolicyEvent, type PolicyState } from '../policy/policy.decider.js';
import {
  application,
  documentProvider,
  members,
  submitted,
  wasApproved,
  wasSubmitted,
} from '../policy/policy.examples.js';
import { entriesChangedBy, entriesOf, putEntry } from './policy-entries.js';

const events: readonly PolicyEvent[] = [
  ...members,
  { type: 'ApplicationRegistered', data: { application: application('other', 'one', 'two') } },
  { type: 'KeyWithdrawn', data: { application: application('other', 'two'), spkiHash: 'one' } },
  {
    type: 'SignInProviderRegistered',
    data: { signInProvider: { issuer: 'https://signin.test', keys: [], acceptedAcr: ['high'] } },
  },
  {
    type: 'InscriptionsGranted',
    data: {
      inscriptionGrant: {
        enterpriseNumber: 'office',
        inscriptionContexts: ['17/2'],
        earlierStarts: true,
        dailyPersons: { consulted: 0, inscribed: 0, misses: 0 },
      },
    },
  },
  {
    type: 'TermRegistered',
    data: {
      term: {
        kind: 'LEGAL_CONTEXT',
        name: 'PCSA:SOCIAL_INQUIRY',
        label: { name: undefined, phrase: undefined, description: undefined },
      },
    },
  },
  { type: 'DocumentProviderRegistered', data: { documentProvider: documentProvider() } },
  wasSubmitted,
  wasApproved,
  {
    type: 'DeliberationRejected',
    data: { deliberation: { ...submitted, deliberationId: 'd2', state: 'REJECTED' }, reason: '' },
  },
  { type: 'DeliberationRevoked', data: { deliberation: { ...submitted, state: 'REVOKED' }, reason: '' } },
];

const copyOf = (state: PolicyState, entries: Iterable<{ readonly kind: keyof PolicyState; readonly id: string }>) => {
  const copy = decider.initialState();
  for (const { kind, id } of entries) putEntry(copy, kind, id, state[kind].get(id));
  return copy;
};

describe('entries of the policy', () => {
  it('that events have changed make up all of the state, whichever events there were', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...events, ...events]), (some) => {
        const state = some.reduce(decider.evolve, decider.initialState());
        expect(copyOf(state, some.flatMap(entriesChangedBy))).toEqual(state);
        expect(copyOf(state, entriesOf(state))).toEqual(state);
      }),
    );
  });

  it('of a map that the state has not are refused', () => {
    expect(() => putEntry(decider.initialState(), 'mandates', 'x', {})).toThrow('no mandates');
  });
});
