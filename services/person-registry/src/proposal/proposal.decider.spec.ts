import { Rejection } from '@crossroads/eventsourcing/decider';
import { reasonOf } from '@crossroads/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  MERGE_DELAY_MS,
  type Objector,
  type Party,
  PROPOSAL_LIFETIME_MS,
  type ProposalCommand,
  proposalDecider,
  type ProposalEvent,
  type ProposalState,
  requireOwners,
} from './proposal.decider.js';

const T0 = Date.UTC(2026, 2, 1, 12);
const at = (ms: number): string => new Date(T0 + ms).toISOString();
const party = (reporter: string, officialId: string): Party => ({ reporter, officialId, officialRole: 'registrar' });
const ANN = party('0207000001', 'ann');
const BOB = party('0207000001', 'bob');
const EVE = party('0207000002', 'eve');
const person = (personId: string): Objector => ({ portal: '0208000046', personId });

const make = (kind: 'merge' | 'cancellation', by = ANN): ProposalCommand => ({
  type: 'MakeProposal',
  kind,
  index: 'A',
  ...(kind === 'merge' ? { byIndex: 'B' } : {}),
  owners: kind === 'merge' ? ['a', 'b'] : ['a'],
  personIds: ['a', 'b'],
  by,
  at: at(0),
});
const confirm = (by: Party, ms = 0, numbers: { index: string; byIndex?: string } = { index: 'A', byIndex: 'B' }) =>
  ({ type: 'ConfirmProposal', ...numbers, by, at: at(ms) }) satisfies ProposalCommand;
const contest = (by: Objector, ms = 0) => ({ type: 'ContestProposal', by, at: at(ms) }) satisfies ProposalCommand;
const takeEffect = (ms: number) => ({ type: 'TakeEffect', at: at(ms) }) satisfies ProposalCommand;

const after = (...commands: readonly ProposalCommand[]): ProposalState =>
  commands.reduce(
    (state, command) => proposalDecider.decide(command, state).reduce(proposalDecider.evolve, state),
    proposalDecider.initialState(),
  );
const refusal = (command: ProposalCommand, ...before: readonly ProposalCommand[]) => {
  const state = after(...before);
  return reasonOf(() => proposalDecider.decide(command, state));
};

describe('a merge', () => {
  const made = make('merge');

  it('takes effect 24 hours after an official of another reporter has confirmed it', () => {
    expect(after(made, confirm(EVE, 5), takeEffect(5 + MERGE_DELAY_MS))).toMatchObject({ status: 'effective' });
  });

  it.each([
    ['SAME_OFFICIAL', confirm(ANN), [made]],
    ['SAME_REPORTER', confirm(BOB), [made]],
    ['OTHER_NUMBERS', confirm(EVE, 0, { index: 'A', byIndex: 'C' }), [made]],
    ['OTHER_NUMBERS', confirm(EVE, 0, { index: 'B', byIndex: 'A' }), [made]],
    ['OTHER_NUMBERS', confirm(EVE, 0, { index: 'A' }), [made]],
    ['PROPOSAL_EXPIRED', confirm(EVE, PROPOSAL_LIFETIME_MS), [made]],
    ['PROPOSAL_CLOSED', confirm(EVE, 1), [made, confirm(EVE)]],
    ['PROPOSAL_CLOSED', confirm(EVE, 1), [made, contest(ANN)]],
    ['PROPOSAL_CLOSED', takeEffect(MERGE_DELAY_MS), [made]],
    ['PROPOSAL_CLOSED', takeEffect(MERGE_DELAY_MS), [made, confirm(EVE), contest(BOB, 1)]],
    ['PROPOSAL_CLOSED', takeEffect(MERGE_DELAY_MS + 1), [made, confirm(EVE), takeEffect(MERGE_DELAY_MS)]],
    ['NOT_YET', takeEffect(MERGE_DELAY_MS - 1), [made, confirm(EVE)]],
    ['UNKNOWN_PROPOSAL', confirm(EVE), []],
    ['UNKNOWN_PROPOSAL', contest(EVE), []],
  ] as const)('is refused: %s', (reason, command, before) => {
    expect(refusal(command, ...before)).toBe(reason);
  });

  it('can be contested by anybody at any time, once', () => {
    for (const before of [
      [made],
      [made, confirm(EVE)],
      [made, confirm(EVE), takeEffect(MERGE_DELAY_MS)],
    ] satisfies ProposalCommand[][])
      for (const by of [ANN, BOB, EVE, person('a'), person('b')]) {
        const contested = after(...before, contest(by));
        expect(contested).toMatchObject({ status: 'contested' });
        expect(proposalDecider.decide(contest(by), contested)).toEqual([]);
      }
  });
});

describe('a person', () => {
  it('who is not concerned gets the answer of a proposal that does not exist', () => {
    const stranger = contest(person('c'));
    const messageOf = (...before: readonly ProposalCommand[]): unknown => {
      try {
        return proposalDecider.decide(stranger, after(...before));
      } catch (error) {
        return error instanceof Rejection ? [error.reason, error.message] : error;
      }
    };
    const absent = messageOf();
    expect(absent).toMatchObject(['UNKNOWN_PROPOSAL', expect.any(String)]);
    const made = make('merge');
    for (const before of [
      [made],
      [made, contest(ANN)],
      [made, confirm(EVE), takeEffect(MERGE_DELAY_MS)],
      [make('cancellation'), confirm(EVE, 0, { index: 'A' }), takeEffect(0)],
    ] satisfies ProposalCommand[][])
      expect(messageOf(...before)).toEqual(absent);
  });
});

describe('the numbers of a proposal', () => {
  const state = after(make('merge'), confirm(EVE));

  it.each([
    ['other persons', ['a', 'c']],
    ['the persons of each other', ['b', 'a']],
    ['nobody', ['a', '']],
  ])('belong to %s by now: it lapses', (_, owners) => {
    if (state.status === 'absent') throw new Error('not proposed');
    expect(reasonOf(() => requireOwners(state, owners))).toBe('NUMBERS_CHANGED');
    expect(() => requireOwners(state, ['a', 'b'])).not.toThrow();
  });
});

describe('a cancellation', () => {
  const made = make('cancellation');
  const confirmed = confirm(EVE, 7, { index: 'A' });

  it('takes effect at once when an official of another reporter confirms it', () => {
    expect(after(made, confirmed)).toMatchObject({ status: 'confirmed', effectiveAt: at(7) });
    expect(after(made, confirmed, takeEffect(7))).toMatchObject({ status: 'effective' });
  });

  it('is refused to the official who proposed it, and to the colleagues', () => {
    expect(refusal(confirm(ANN, 7, { index: 'A' }), made)).toBe('SAME_OFFICIAL');
    expect(refusal(confirm(BOB, 7, { index: 'A' }), made)).toBe('SAME_REPORTER');
  });

  it('cannot be contested any more once the number is cancelled', () => {
    expect(refusal(contest(EVE, 8), made, confirmed, takeEffect(7))).toBe('PROPOSAL_CLOSED');
  });
});

const anybody = fc.constantFrom(ANN, BOB, EVE, party('0207000003', 'ann'));
const time = fc.integer({ min: 0, max: 2 * PROPOSAL_LIFETIME_MS });
const numbers = fc.constantFrom({ index: 'A', byIndex: 'B' }, { index: 'A' }, { index: 'B', byIndex: 'A' });
const command: fc.Arbitrary<ProposalCommand> = fc.oneof(
  fc.tuple(anybody, time, numbers).map(([by, ms, named]) => confirm(by, ms, named)),
  fc.tuple(fc.oneof(anybody, fc.constantFrom(person('a'), person('c'))), time).map(([by, ms]) => contest(by, ms)),
  time.map(takeEffect),
  time.map((ms) => ({ type: 'LapseProposal', at: at(ms), reason: 'SSIN_CANCELED' }) as const),
);

describe('whatever officials do, in any order and at any time', () => {
  it('nothing takes effect without two officials of two reporters, before its time, or once it was contested', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('merge' as const, 'cancellation' as const),
        anybody,
        fc.array(command, { maxLength: 12 }),
        (kind, proposer, commands) => {
          const events: ProposalEvent[] = proposalDecider.decide(make(kind, proposer), { status: 'absent' });
          for (const one of commands) {
            const state = events.reduce(proposalDecider.evolve, proposalDecider.initialState());
            try {
              events.push(...proposalDecider.decide(one, state));
            } catch (error) {
              if (!(error instanceof Rejection)) throw error;
            }
          }
          const effects = events.filter(({ type }) => type === 'ProposalTookEffect');
          expect(effects.length).toBeLessThanOrEqual(1);
          const [effect] = effects;
          if (effect === undefined) return;
          const before = events.slice(0, events.indexOf(effect));
          expect(before.map(({ type }) => type)).toEqual(['ProposalMade', 'ProposalConfirmed']);
          const confirmation = before[1];
          if (confirmation?.type !== 'ProposalConfirmed') throw new Error('not confirmed');
          expect(confirmation.data.by.reporter).not.toBe(proposer.reporter);
          const delay = kind === 'merge' ? MERGE_DELAY_MS : 0;
          expect(Date.parse(effect.data.at)).toBeGreaterThanOrEqual(Date.parse(confirmation.data.at) + delay);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
