import { randomUUID } from 'node:crypto';
import { Clock } from '@crossroads/configuration';
import { type CheckResponse, NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import type { Tx } from '@crossroads/database';
import { Commands, PostgresEventStore, type RequestKey, Streams } from '@crossroads/eventsourcing';
import { type Caller, InvalidInput, NotFound, PermissionDenied, ResourceExhausted } from '@crossroads/grpc';
import { dayOf, type Ssin } from '@crossroads/identifiers';
import { PersonQuotas, personNotAvailable, PolicyFollower, quotaExhausted } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { DirectoryChecks } from '../directory/directory-checks.js';
import { Snapshots } from '../snapshot/snapshots.js';
import { type DeliveryOptions, decideGrant, type SubscriptionTerms } from './grant-decision.rules.js';
import { SubscriptionCloser } from './subscription-closer.js';
import {
  type SubscriptionCommand,
  type SubscriptionEvent,
  subscription,
  subscriptionStreams,
} from './subscription.decider.js';
import { SubscriberTopics } from './subscriber-topics.js';
import type { SubscriptionEntity } from './subscription.entity.js';
import { SubscriptionRepository } from './subscription.repository.js';

export interface NewSubscription extends SubscriptionTerms, DeliveryOptions {
  /** Absent: all whom the institution has inscribed. */
  readonly ssins: readonly Ssin[] | undefined;
  /** Partitions of the institution's topic; 0: as it is, else 1. */
  readonly lanes: number;
  /** First each person as it is now. */
  readonly snapshot: boolean;
}

const RETRY = { attempts: 3, jitterMs: 0 };
const opened = z.object({ subscriptionId: z.string() });
const changed = z.object({});

/** Opens, pauses, resumes and closes subscriptions. */
@Injectable()
export class SubscriptionCommands {
  private readonly streams;

  constructor(
    private readonly commands: Commands,
    private readonly store: PostgresEventStore,
    private readonly subscriptions: SubscriptionRepository,
    private readonly topics: SubscriberTopics,
    private readonly closer: SubscriptionCloser,
    private readonly directory: DirectoryChecks,
    private readonly snapshots: Snapshots,
    private readonly policy: PolicyFollower,
    private readonly clock: Clock,
    private readonly quotas: PersonQuotas,
  ) {
    this.streams = new Streams(store, subscriptionStreams);
  }

  /** @returns the id of the new subscription: the same for each repetition of the request. */
  async open(
    caller: Caller,
    { ssins, lanes, snapshot, ...terms }: NewSubscription,
    request: RequestKey,
  ): Promise<string> {
    const { subscriptionId } = await this.commands.execute({
      request,
      answerCodec: opened,
      retry: RETRY,
      decide: async () => {
        this.requireGrant(caller, terms, terms.fieldGroups);
        const personIds = ssins && (await this.inscribedPersons(terms, ssins));
        const laneCount = await this.topics.lanesOf(terms.institution, lanes);
        const subscriptionId = randomUUID();
        const stream = { streamId: subscriptionId, state: subscription.initialState(), revision: 0n };
        const events = this.streams.decide(
          {
            type: 'OpenSubscription',
            ...terms,
            ...(personIds ? { personIds } : {}),
            ...(snapshot ? { snapshot: true as const } : {}),
          },
          stream,
        );
        return {
          appends: [await this.streams.append(stream, events)],
          answer: { subscriptionId },
          writeRows: async (tx) => {
            const row = { subscriptionId, ...terms, laneCount, openedAt: this.clock.now() };
            await this.subscriptions.insert(tx, row, personIds);
            if (!snapshot) return;
            const allInscribed = personIds === undefined;
            await this.snapshots.begin(tx, { snapshotId: subscriptionId, subscriptionId, allInscribed });
          },
        };
      },
    });
    return subscriptionId;
  }

  async change(
    caller: Caller,
    subscriptionId: string,
    command: SubscriptionCommand,
    request: RequestKey,
  ): Promise<void> {
    await this.commands.execute({
      request,
      answerCodec: changed,
      retry: RETRY,
      decidesInTransaction: true,
      decide: async ({ tx }) => {
        if (!tx) throw new TypeError('a change is decided in the transaction that locks its row');
        const row = await this.subscriptions.findForUpdate(tx, subscriptionId);
        if (!row || !this.policy.mayActFor(caller, row.institution)) throw unknownSubscription();
        if (command.type === 'ChangeSubscription') this.requireGrant(caller, row, command.fieldGroups);
        const stream = await this.streams.load(subscriptionId, this.store.inTransaction(tx));
        const events = this.streams.decide(command, stream);
        return {
          appends: [await this.streams.append(stream, events)],
          answer: {},
          writeRows: () => this.updateRow(tx, row, events),
        };
      },
    });
  }

  /** @throws PermissionDenied unless it is granted, with each of the field groups; InvalidInput naming those that do not exist */
  private requireGrant(caller: Caller, terms: SubscriptionTerms, fieldGroups: readonly string[]): void {
    const policy = this.policy.policy();
    const known = policy.dataService(terms.dataService)?.fieldGroups;
    const unknown = fieldGroups.flatMap((name, index) =>
      known && !known.has(name)
        ? [
            {
              field: `field_groups[${index}]`,
              reason: 'UNKNOWN_FIELD_GROUP',
              description: 'no field group of the data service',
            },
          ]
        : [],
    );
    const [first, ...others] = unknown;
    if (first) throw new InvalidInput(first, ...others);
    const decision = decideGrant(policy, terms, dayOf(this.clock.now()), { peer: caller, fieldGroups });
    const cut = decision.allowed && fieldGroups.length > 0 ? decision.cutFieldGroups : [];
    if (cut.length > 0)
      throw new PermissionDenied(
        'FIELD_GROUPS_NOT_GRANTED',
        'some of the field groups are not granted by subscription',
        {
          metadata: { fieldGroups: cut.map(({ fieldGroup }) => fieldGroup).join(' ') },
        },
      );
    if (decision.allowed) return;
    const { dataService, legalContext, inscriptionContext } = terms;
    throw new PermissionDenied(decision.reason, 'no deliberation grants this to the institution by subscription', {
      metadata: { dataService, legalContext, inscriptionContext, policyRevision: String(decision.policyRevision) },
    });
  }

  /** @throws InvalidInput naming each person who is not available to the institution; ResourceExhausted for too many of them in a day */
  private async inscribedPersons(terms: SubscriptionTerms, ssins: readonly Ssin[]): Promise<string[]> {
    const checks = await this.directory.bySsin(ssins, terms.institution);
    const personIds = new Set<string>();
    const violations = ssins.flatMap((_, index) => {
      const check = checks[index];
      const violation = violationOf(check, terms.inscriptionContext);
      if (check && !violation) personIds.add(check.personId);
      return violation ? [{ field: `named.ssins[${index}]`, ...violation }] : [];
    });
    const missed = new Set(
      ssins.filter(
        (_, index) => violationOf(checks[index], terms.inscriptionContext)?.reason === personNotAvailable.reason,
      ),
    );
    const within = await this.quotas.takeAll(terms.institution, 'misses', missed);
    if (within.size < missed.size) throw new ResourceExhausted(quotaExhausted.reason, quotaExhausted.message);
    const [first, ...others] = violations;
    if (first) throw new InvalidInput(first, ...others);
    return [...personIds];
  }

  private async updateRow(tx: Tx, row: SubscriptionEntity, events: readonly SubscriptionEvent[]): Promise<void> {
    for (const { type, data } of events)
      if (type === 'SubscriptionClosed') await this.closer.appendNotices(tx, row.subscriptionId, data.reason);
      else if (type === 'DeliveriesReplayed' || type === 'SubscriptionOpened') continue;
      else if (type === 'SubscriptionChanged') await this.subscriptions.setOptions(tx, row.subscriptionId, data);
      else await this.subscriptions.setState(tx, row.subscriptionId, type === 'SubscriptionPaused' ? 'paused' : 'open');
  }
}

/** Only who has inscribed the person in the context is told the state of the number. */
const violationOf = (check: CheckResponse | undefined, inscriptionContext: string) => {
  if (!check?.inscriptions.some((one) => one.inscriptionContext === inscriptionContext))
    return { reason: personNotAvailable.reason, description: personNotAvailable.message };
  if (check.state === NumberState.NUMBER_STATE_VALID) return undefined;
  if (check.state === NumberState.NUMBER_STATE_REPLACED)
    return { reason: 'REPLACED_SSIN', description: 'this number was replaced; use the one that replaced it' };
  return { reason: 'CANCELED_SSIN', description: 'this number was cancelled' };
};

/** The same for a subscription of somebody else: callers do not learn that it exists. */
export const unknownSubscription = () =>
  new NotFound('RESOURCE_NOT_FOUND', 'there is no such subscription among those that this caller may see');
