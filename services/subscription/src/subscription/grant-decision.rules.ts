import type { Caller } from '@crossroads/grpc';
import type { IsoDay } from '@crossroads/identifiers';
import { type Decision, decide, type Policy } from '@crossroads/policy/decide';

/** What an institution subscribes to: a grant is looked up by these. */
export interface SubscriptionTerms {
  readonly institution: string;
  readonly inscriptionContext: string;
  readonly dataService: string;
  readonly legalContext: string;
}

/** What a subscription delivers. */
export interface DeliveryOptions {
  readonly content: 'data' | 'notification';
  /** The kinds of changes that it is told of; empty: all that are granted. */
  readonly fieldGroups: readonly string[];
  /** Of the messages on the topic. */
  readonly encoding: 'protobuf' | 'json';
}

export interface GrantQuestion {
  /** @default this service */
  readonly peer?: Caller;
  /** @default all of the data service */
  readonly fieldGroups?: readonly string[];
}

/** A service of the mesh: which institution it acts for stands in the subscription. */
const THIS_SERVICE: Caller = { kind: 'service', name: 'subscription', spki: '' };

/** Whether the policy lets an institution that has inscribed a person have something by subscription, and which field groups of it. */
export const decideGrant = (
  policy: Policy,
  { institution, inscriptionContext, dataService, legalContext }: SubscriptionTerms,
  day: IsoDay,
  { peer = THIS_SERVICE, fieldGroups = [] }: GrantQuestion = {},
): Decision =>
  decide(policy, {
    customer: institution,
    peer,
    dataService,
    requestedFieldGroups: fieldGroups,
    legalContext,
    inscriptionContexts: [inscriptionContext],
    mode: 'subscription',
    day,
  });
