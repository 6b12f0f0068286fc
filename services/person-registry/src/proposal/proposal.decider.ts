import { type Decider, type DomainEvent, Rejection, type UpcastersOf } from '@crossroads/eventsourcing/decider';

const HOUR_MS = 3_600_000;
/** From the confirmation of a merge until it takes effect. */
export const MERGE_DELAY_MS = 24 * HOUR_MS;
/** For as long a proposal can be confirmed. */
export const PROPOSAL_LIFETIME_MS = 30 * 24 * HOUR_MS;

export type ProposalReason =
  | 'UNKNOWN_PROPOSAL'
  | 'SAME_OFFICIAL'
  | 'SAME_REPORTER'
  | 'OTHER_NUMBERS'
  | 'NOT_YET'
  | 'NUMBERS_CHANGED'
  | 'PROPOSAL_CLOSED'
  | 'PROPOSAL_EXPIRED';

/** An official of an institution that reports persons. */
export interface Party {
  /** Enterprise number. */
  readonly reporter: string;
  /** Opaque, and unique only within the institution. */
  readonly officialId: string;
  readonly officialRole: string;
}

/** One of the persons of whom something is proposed. */
interface PersonConcerned {
  /** Enterprise number of the institution through whose portal they signed in. */
  readonly portal: string;
  readonly personId: string;
}

/** The numbers of a proposal, by blind index. `byIndex` is there for a merge only. */
interface ProposedNumbers {
  readonly index: string;
  readonly byIndex?: string;
}

interface Made extends ProposedNumbers {
  readonly kind: 'merge' | 'cancellation';
  /** Whose the numbers are, in the order of `index` and `byIndex`: a proposal is about these persons and no others. */
  readonly owners: readonly string[];
  /** All who are told, those included who are one with an owner. */
  readonly personIds: readonly string[];
  readonly by: Party;
  /** ISO 8601, as every `at` here. */
  readonly at: string;
}

interface Step<By = Party> {
  readonly by: By;
  readonly at: string;
}

/** Who may contest: an official, or a person concerned. */
export type Objector = Party | PersonConcerned;

export type ProposalEvent =
  | DomainEvent<'ProposalMade', Made>
  | DomainEvent<'ProposalConfirmed', Step & { readonly effectiveAt: string }>
  | DomainEvent<'ProposalContested', Step<Objector>>
  | DomainEvent<'ProposalTookEffect', { readonly at: string }>
  /** What was proposed can no longer be done, for the reason of a rule about numbers. */
  | DomainEvent<'ProposalLapsed', { readonly at: string; readonly reason: string }>;

export const PROPOSAL_EVENTS: UpcastersOf<ProposalEvent> = {
  ProposalMade: [],
  ProposalConfirmed: [],
  ProposalContested: [],
  ProposalTookEffect: [],
  ProposalLapsed: [],
};

export type ProposalCommand =
  | ({ readonly type: 'MakeProposal' } & Made)
  | ({ readonly type: 'ConfirmProposal' } & Step & ProposedNumbers)
  | ({ readonly type: 'ContestProposal' } & Step<Objector>)
  | { readonly type: 'TakeEffect'; readonly at: string }
  | { readonly type: 'LapseProposal'; readonly at: string; readonly reason: string };

export interface KnownProposal {
  readonly status: 'proposed' | 'confirmed' | 'effective' | 'contested' | 'lapsed';
  readonly made: Made;
  /** Of a proposal that was confirmed. */
  readonly effectiveAt?: string;
}

export type ProposalState = { readonly status: 'absent' } | KnownProposal;

/** A change of numbers that takes two officials of two reporters. */
export const proposalDecider: Decider<ProposalState, ProposalCommand, ProposalEvent> = {
  initialState: () => ({ status: 'absent' }),

  decide(command, state) {
    if (command.type === 'MakeProposal') {
      const { type: _, ...data } = command;
      return [{ type: 'ProposalMade', data }];
    }
    const proposal = knownProposal(state);
    const { type, at } = command;
    switch (type) {
      case 'ConfirmProposal': {
        if (proposal.status !== 'proposed') throw closed(proposal);
        requireAnother(proposal.made.by, command.by);
        if (command.index !== proposal.made.index || command.byIndex !== proposal.made.byIndex)
          throw reject(
            'OTHER_NUMBERS',
            'the proposal names other numbers; find out which ones are right, and contest it or name them',
          );
        if (timeOf(at) >= timeOf(proposal.made.at) + PROPOSAL_LIFETIME_MS)
          throw reject('PROPOSAL_EXPIRED', 'a proposal is confirmed within 30 days; propose again');
        const delayMs = proposal.made.kind === 'merge' ? MERGE_DELAY_MS : 0;
        const effectiveAt = new Date(timeOf(at) + delayMs).toISOString();
        return [{ type: 'ProposalConfirmed', data: { by: command.by, at, effectiveAt } }];
      }
      case 'ContestProposal':
        // To others it does not exist: they learn nothing of whom it concerns.
        if ('personId' in command.by && !proposal.made.personIds.includes(command.by.personId)) throw unknownProposal();
        if (proposal.status === 'contested') return [];
        if (proposal.status === 'lapsed' || (proposal.status === 'effective' && proposal.made.kind === 'cancellation'))
          throw closed(proposal);
        return [{ type: 'ProposalContested', data: { by: command.by, at } }];
      case 'TakeEffect':
        if (proposal.status !== 'confirmed') throw closed(proposal);
        if (timeOf(at) < timeOf(proposal.effectiveAt ?? at))
          throw reject('NOT_YET', 'a merge takes effect 24 hours after it was confirmed');
        return [{ type: 'ProposalTookEffect', data: { at } }];
      case 'LapseProposal':
        if (proposal.status !== 'confirmed') throw closed(proposal);
        return [{ type: 'ProposalLapsed', data: { at, reason: command.reason } }];
    }
  },

  evolve(state, { type, data }) {
    if (type === 'ProposalMade') return { status: 'proposed', made: data };
    if (state.status === 'absent') return state;
    switch (type) {
      case 'ProposalConfirmed':
        return { ...state, status: 'confirmed', effectiveAt: data.effectiveAt };
      case 'ProposalContested':
        return { ...state, status: 'contested' };
      case 'ProposalTookEffect':
        return { ...state, status: 'effective' };
      case 'ProposalLapsed':
        return { ...state, status: 'lapsed' };
    }
  },
};

/** @throws Rejection UNKNOWN_PROPOSAL */
export const knownProposal = (state: ProposalState): KnownProposal => {
  if (state.status === 'absent') throw unknownProposal();
  return state;
};

const unknownProposal = () => reject('UNKNOWN_PROPOSAL', 'there is no such proposal; check its id');

/** What it is about must still be as it was proposed. @param owners whose the numbers are now @throws Rejection NUMBERS_CHANGED */
export const requireOwners = ({ made }: KnownProposal, owners: readonly (string | undefined)[]): void => {
  if (owners.length !== made.owners.length || owners.some((owner, n) => owner !== made.owners[n]))
    throw reject('NUMBERS_CHANGED', 'the numbers belong to other persons than when it was proposed; propose again');
};

/** Ids of officials are opaque to others than their institution: only of one institution can they be compared. */
const requireAnother = (proposer: Party, confirmer: Party): void => {
  if (proposer.reporter !== confirmer.reporter) return;
  throw proposer.officialId === confirmer.officialId
    ? reject('SAME_OFFICIAL', 'nobody confirms what they proposed; ask an official of another reporter')
    : reject('SAME_REPORTER', 'this reporter proposed it; ask an official of another reporter to confirm');
};

const STATUS = {
  proposed: 'is not confirmed yet',
  confirmed: 'is confirmed already',
  effective: 'has taken effect already',
  contested: 'is contested, and never takes effect; propose again if it is right',
  lapsed: 'has lapsed, since the numbers had changed; propose again if it is right',
} as const;

const closed = ({ status }: KnownProposal) => reject('PROPOSAL_CLOSED', `the proposal ${STATUS[status]}`);

const timeOf = (iso: string): number => Date.parse(iso);

const reject = (reason: ProposalReason, message: string) => new Rejection(reason, message);
