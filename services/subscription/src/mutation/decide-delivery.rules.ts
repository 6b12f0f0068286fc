import type { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import type { IsoDay } from '@crossroads/identifiers';
import {
  type CompiledDataService,
  type Cut,
  cut,
  type Decision,
  type JsonObject,
  type Policy,
} from '@crossroads/policy/decide';
import type { DecidedDelivery, SnapshotJoin } from '../delivery/decided-delivery.js';
import { decideGrant } from '../subscription/grant-decision.rules.js';
import { laneOf } from '../subscription/lanes.rules.js';
import type { IndexedSubscription } from '../subscription/subscription-index.js';

/** A mutation as it came, with the identity of its event. */
export interface ReceivedMutation {
  readonly ceSource: string;
  readonly ceId: string;
  readonly traceparent?: string;
  readonly join?: SnapshotJoin;
  /** Partition of the log. */
  readonly partition: number;
  readonly mutation: Mutation;
}

/**
 * What the institution of a subscription, which has inscribed the person, gets of a mutation. Nothing when the grant does not allow
 * it, or when it covers none of the changed field groups: that something changed is information, too.
 *
 * Mutations that changed the same field groups share the decision, and subscribers that may see the same share what is cut.
 */
export class DeliveryDecisions {
  private readonly decisions = new Map<string, Decision>();
  private readonly cuts = new WeakMap<Mutation, Map<string, Cut>>();

  constructor(
    private readonly policy: Policy,
    private readonly day: IsoDay,
  ) {}

  decide(
    subscription: IndexedSubscription,
    { mutation, partition, ...event }: ReceivedMutation,
  ): DecidedDelivery | undefined {
    const service = this.policy.dataService(mutation.dataService);
    if (!service || mutation.changedFieldGroups.length === 0) return undefined;
    const { fieldGroups: chosen } = subscription;
    const changed = mutation.changedFieldGroups;
    const asked = chosen.length === 0 ? changed : changed.filter((group) => chosen.includes(group));
    if (asked.length === 0) return undefined;
    const decision = this.grant(subscription, asked);
    if (!decision.allowed) return undefined;
    const { subscriptionId, institution, inscriptionContext, legalContext } = subscription;
    return {
      ...event,
      subscriptionId,
      lane: laneOf(partition, subscription.laneCount),
      institution,
      inscriptionContext,
      legalContext,
      mutation,
      supplier: service.supplier?.source ?? mutation.reporter,
      deliberationId: decision.deliberationIds[0],
      policyRevision: decision.policyRevision,
      releasedFieldGroups: decision.fieldGroups,
      content: subscription.content,
      ...(subscription.content === 'data' ? this.cut(mutation, service, decision.fieldGroups, asked) : NO_DATA),
    };
  }

  private grant(subscription: IndexedSubscription, fieldGroups: readonly string[]): Decision {
    const key = [subscription.subscriptionId, ...fieldGroups].join('\n');
    const known = this.decisions.get(key);
    if (known) return known;
    const decision = decideGrant(this.policy, subscription, this.day, { fieldGroups });
    this.decisions.set(key, decision);
    return decision;
  }

  private cut(
    mutation: Mutation,
    service: CompiledDataService,
    released: readonly string[],
    asked: readonly string[],
  ): Cut {
    const cuts = this.cuts.get(mutation) ?? new Map<string, Cut>();
    this.cuts.set(mutation, cuts);
    const key = `${released.join('\n')}\n\n${asked.join('\n')}`;
    const known = cuts.get(key);
    if (known) return known;
    const made = cut(toJsonObject(mutation.data), service, released, asked);
    cuts.set(key, made);
    return made;
  }
}

const NO_DATA: Cut = { data: {}, filtered: [] };

// A Struct holds JSON and nothing else.
const toJsonObject = (struct: { readonly [key: string]: unknown } | undefined): JsonObject =>
  (struct ?? {}) as JsonObject;
