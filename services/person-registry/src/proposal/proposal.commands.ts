import { Clock } from '@crossroads/configuration';
import type { Tx } from '@crossroads/database';
import {
  Commands,
  isRejection,
  Rejection,
  type RequestKey,
  type StreamAppend,
  uuidV7,
} from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import { unknownSsin } from '../number/number.decider.js';
import { type NumberStream, Numbers, statesOf } from '../number/numbers.js';
import { leadingThrough, merge, type NumberStates } from '../number/replacement.rules.js';
import { NumberChanges, type Statements } from '../person/number-changes.js';
import type { ProposalStatedEvent } from '../person/person.decider.js';
import { DueProposals } from './due-proposals.repository.js';
import {
  type KnownProposal,
  knownProposal,
  type Objector,
  type Party,
  type ProposalEvent,
  type ProposalReason,
  type ProposalState,
  requireOwners,
} from './proposal.decider.js';
import { Proposals } from './proposals.js';

type ProposalStep = ProposalStatedEvent['data']['step'];

/** Who asks, and under which idempotency key. */
interface Origin<By> {
  readonly request: RequestKey;
  readonly by: By;
}

export type OfficialOrigin = Origin<Party>;

/** Changes of numbers that take two officials. Every step, what it does to numbers and what persons are told of it are one append. */
@Injectable()
export class ProposalCommands {
  constructor(
    private readonly commands: Commands,
    private readonly numbers: Numbers,
    private readonly changes: NumberChanges,
    private readonly proposals: Proposals,
    private readonly due: DueProposals,
    private readonly clock: Clock,
  ) {}

  /** Gives the id of the proposal. */
  proposeMerge(ssin: string, replacingSsin: string, origin: OfficialOrigin): Promise<string> {
    return this.propose(origin, async () => {
      const [replaced, replacing] = await this.numbers.findAll([ssin, replacingSsin]);
      const streams = await this.numbers.withReplacements([found(replaced), found(replacing)]);
      const states = statesOf(streams);
      const [index, byIndex] = [found(replaced).streamId, found(replacing).streamId];
      // The rules of the merge, as it would be now.
      merge(states, index, byIndex);
      return { kind: 'merge', index, byIndex, owners: ownersOf(states, [index, byIndex]), states };
    });
  }

  /** Gives the id of the proposal. */
  proposeCancellation(ssin: string, origin: OfficialOrigin): Promise<string> {
    return this.propose(origin, async () => {
      const number = await this.numbers.find(ssin);
      this.numbers.decide({ type: 'CancelNumber' }, number);
      const states = statesOf(await this.numbers.withReplacements([number]));
      const index = number.streamId;
      return { kind: 'cancellation', index, owners: ownersOf(states, [index]), states };
    });
  }

  /** Gives the instant at which it takes effect, ISO 8601. */
  confirm(
    proposalId: string,
    { ssin, replacingSsin }: { readonly ssin: string; readonly replacingSsin: string | undefined },
    { request, by }: OfficialOrigin,
  ): Promise<string> {
    return this.commands
      .execute({
        request,
        decide: async () => {
          const proposal = await this.proposals.load(proposalId);
          const [index, byIndex] = (
            await this.numbers.findAll(replacingSsin === undefined ? [ssin] : [ssin, replacingSsin])
          ).map(({ streamId }) => streamId);
          const at = this.clock.now().toISOString();
          const numbers = { index: index ?? '', ...(byIndex === undefined ? {} : { byIndex }) };
          const confirmed = this.proposals.decide({ type: 'ConfirmProposal', ...numbers, by, at }, proposal);
          const after = knownProposal(this.proposals.after(proposal, confirmed));
          const effectiveAt = after.effectiveAt ?? at;
          if (after.made.kind === 'merge')
            return {
              appends: [
                await this.proposals.append(proposal, confirmed),
                ...(await this.changes.state(statementsOf(proposalId, after, 'confirmed', at, by))),
              ],
              answer: { effectiveAt },
              writeRows: (tx: Tx) => this.due.add(tx, proposalId, effectiveAt),
            };
          const effect = this.proposals.decide({ type: 'TakeEffect', at }, { ...proposal, state: after });
          const appends = await this.change(after, statementsOf(proposalId, after, 'effective', at, by));
          return {
            appends: [await this.proposals.append(proposal, [...confirmed, ...effect]), ...appends],
            answer: { effectiveAt },
          };
        },
      })
      .then(({ effectiveAt }) => effectiveAt);
  }

  async contest(proposalId: string, { request, by }: Origin<Objector>): Promise<void> {
    await this.commands.execute({
      request,
      decide: async () => {
        const proposal = await this.proposals.load(proposalId);
        const before = knownProposal(proposal.state);
        const at = this.clock.now().toISOString();
        const events = this.proposals.decide({ type: 'ContestProposal', by, at }, proposal);
        if (events.length === 0) return { appends: [], answer: {} };
        const statements = statementsOf(proposalId, before, 'contested', at, by);
        const appends =
          before.status === 'effective'
            ? await this.changes.contest(await this.mergedBy(before), statements)
            : await this.changes.state(statements);
        return {
          appends: [await this.proposals.append(proposal, events), ...appends],
          answer: {},
          writeRows: (tx: Tx) => this.due.remove(tx, proposalId),
        };
      },
    });
  }

  /** Merges what is due, or lets the proposal lapse when that can no longer be done. Repeating it changes nothing. */
  async takeEffect(proposalId: string): Promise<void> {
    await this.commands.execute({
      decide: async () => {
        const proposal = await this.proposals.load(proposalId);
        const writeRows = (tx: Tx) => this.due.remove(tx, proposalId);
        const { state } = proposal;
        // Another process was first, or somebody contests it.
        if (state.status !== 'confirmed') return { appends: [], answer: {}, writeRows };
        const at = this.clock.now().toISOString();
        const { events, appends } = await this.effectOf(proposalId, proposal, state, at);
        return { appends: [await this.proposals.append(proposal, events), ...appends], answer: {}, writeRows };
      },
    });
  }

  private async effectOf(
    proposalId: string,
    proposal: { readonly streamId: string; readonly revision: bigint; readonly state: ProposalState },
    state: KnownProposal,
    at: string,
  ): Promise<{ readonly events: ProposalEvent[]; readonly appends: readonly StreamAppend[] }> {
    const events = this.proposals.decide({ type: 'TakeEffect', at }, proposal);
    try {
      return { events, appends: await this.change(state, statementsOf(proposalId, state, 'effective', at)) };
    } catch (error) {
      if (!isRejection(error)) throw error;
      return {
        events: this.proposals.decide({ type: 'LapseProposal', at, reason: error.reason }, proposal),
        appends: await this.changes.state(statementsOf(proposalId, state, 'lapsed', at)),
      };
    }
  }

  /** What was proposed, for the persons of whom it was proposed. @throws Rejection */
  private async change(proposal: KnownProposal, statements: Statements): Promise<readonly StreamAppend[]> {
    const { index, byIndex } = proposal.made;
    const indexes = byIndex === undefined ? [index] : [index, byIndex];
    const involved = await Promise.all(indexes.map((one) => this.numbers.load(one)));
    const number = found(involved[0]);
    const { appends } = await this.changes.decide(
      number,
      involved,
      (states) => {
        requireOwners(proposal, ownersOf(states, indexes));
        return byIndex === undefined
          ? new Map([[index, this.numbers.decide({ type: 'CancelNumber' }, number)]])
          : merge(states, index, byIndex);
      },
      statements,
    );
    return appends;
  }

  /** Those who are one with the survivor because of this merge. @throws Rejection when it was taken apart */
  private async mergedBy({ made: { index, byIndex } }: KnownProposal): Promise<string[]> {
    const states = statesOf(await this.numbers.withReplacements([await this.numbers.load(index)]));
    const merged = byIndex === undefined ? [] : leadingThrough(states, index, byIndex);
    if (merged.length > 0) return merged;
    throw new Rejection<ProposalReason>(
      'PROPOSAL_CLOSED',
      'the merge was taken apart already; nothing is to be contested',
    );
  }

  private propose(
    { request, by }: OfficialOrigin,
    decide: () => Promise<
      Pick<KnownProposal['made'], 'kind' | 'index' | 'byIndex' | 'owners'> & { readonly states: NumberStates }
    >,
  ): Promise<string> {
    return this.commands
      .execute({
        request,
        decide: async () => {
          const { states, ...what } = await decide();
          const proposalId = uuidV7();
          const at = this.clock.now().toISOString();
          const made = { ...what, personIds: personsIn(states), by, at };
          const proposal = await this.proposals.load(proposalId);
          const events = this.proposals.decide({ type: 'MakeProposal', ...made }, proposal);
          const statements = statementsOf(proposalId, { status: 'proposed', made }, 'proposed', at, by);
          return {
            appends: [await this.proposals.append(proposal, events), ...(await this.changes.state(statements))],
            answer: { proposalId },
          };
        },
      })
      .then(({ proposalId }) => proposalId);
  }
}

/** The same statement for each person concerned: it names none of them. */
const statementsOf = (
  proposalId: string,
  { made, effectiveAt }: KnownProposal,
  step: ProposalStep,
  at: string,
  by?: Objector,
): Statements => {
  const data = {
    proposalId,
    kind: made.kind,
    step,
    at,
    ...(by === undefined ? {} : toldOf(by)),
    ...(effectiveAt === undefined ? {} : { effectiveAt }),
  };
  return new Map(made.personIds.map((personId) => [personId, { type: 'ProposalStated', data }]));
};

/** Of a person who objects the other one learns through which portal, and not which of them it was. */
const toldOf = (by: Objector): Pick<ProposalStatedEvent['data'], 'by' | 'byPerson'> =>
  'personId' in by
    ? { by: { reporter: by.portal, officialId: '', officialRole: '' }, byPerson: true }
    : { by: { ...by } };

const found = (number: NumberStream | undefined): NumberStream => {
  if (number === undefined) throw unknownSsin();
  return number;
};

const ownersOf = (states: NumberStates, indexes: readonly string[]): string[] =>
  indexes.map((index) => {
    const state = states.get(index);
    return state === undefined || state.status === 'absent' ? '' : state.personId;
  });

const personsIn = (states: NumberStates): string[] => [
  ...new Set(
    [...states.values()].flatMap((state) => (state.status === 'absent' ? [] : [state.personId, state.ownPersonId])),
  ),
];
