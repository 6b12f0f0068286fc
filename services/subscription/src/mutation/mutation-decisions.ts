import { Clock } from '@crossroads/configuration';
import type { CheckResponse } from '@crossroads/contracts/directory/v1/directory_service';
import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import { dayOf } from '@crossroads/identifiers';
import type { CloudEvent, Reading } from '@crossroads/messaging';
import { type Policy, PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import type { DecidedDelivery } from '../delivery/decided-delivery.js';
import { DirectoryChecks } from '../directory/directory-checks.js';
import { type Candidate, SubscriptionQueries } from '../subscription/subscription-queries.js';
import { decideDelivery, type ReceivedMutation } from './decide-delivery.rules.js';

type Received = ReceivedMutation | { readonly unreadable: string };

/** Reads a batch of mutations, and decides who gets what of each. */
@Injectable()
export class MutationDecisions {
  constructor(
    private readonly subscriptions: SubscriptionQueries,
    private readonly directory: DirectoryChecks,
    private readonly policy: PolicyFollower,
    private readonly clock: Clock,
  ) {}

  /** In the order of the events. @throws Unavailable `POLICY_STALE` */
  async decide(events: readonly CloudEvent[]): Promise<Reading<DecidedDelivery>[]> {
    const policy = this.policy.policy();
    const received = events.map((event) => receive(event, policy));
    const decide = await this.decider(received.flatMap((one) => ('unreadable' in one ? [] : one.mutation)));
    return received.map((one) =>
      'unreadable' in one ? { items: [], unreadable: one.unreadable } : { items: decide(one) },
    );
  }

  /** Asks once for the whole batch whose the persons are, and who subscribes to them. */
  private async decider(mutations: readonly Mutation[]): Promise<(received: ReceivedMutation) => DecidedDelivery[]> {
    if (mutations.length === 0) return () => [];
    const personIds = [...new Set(mutations.map(({ personId }) => personId))];
    const dataServices = [...new Set(mutations.map(({ dataService }) => dataService))];
    const institutions = await this.subscriptions.subscribersTo(dataServices);
    if (institutions.length === 0) return () => [];
    const checks = await this.directory.byPersonId(personIds, institutions);
    const persons = new Map(personIds.map((personId, index) => [personId, personOf(personId, checks[index])]));
    const allIds = [...persons.values()].flatMap(({ ids }) => ids);
    const candidates = Map.groupBy(
      await this.subscriptions.candidates(dataServices, allIds),
      ({ dataService }) => dataService,
    );
    const policy = this.policy.policy();
    const day = dayOf(this.clock.now());
    return (received) => {
      const { personId, dataService } = received.mutation;
      const person = persons.get(personId);
      if (person === undefined) return [];
      return (candidates.get(dataService) ?? [])
        .filter((candidate) => concerns(candidate, person.ids))
        .flatMap((candidate) => decideDelivery(policy, candidate, received, person.inscriptions, day) ?? []);
    };
  }
}

const receive = (event: CloudEvent, policy: Policy): Received => {
  const mutation = decodeMutation(event.data);
  if (mutation === undefined) return { unreadable: 'UNREADABLE' };
  if (mutation.personId !== event.key) return { unreadable: 'KEY_OF_ANOTHER_PERSON' };
  if (!policy.dataService(mutation.dataService)) return { unreadable: 'UNKNOWN_DATA_SERVICE' };
  const { id: ceId, source: ceSource, traceparent } = event;
  return { ceId, ceSource, mutation, ...(traceparent === undefined ? {} : { traceparent }) };
};

const decodeMutation = (data: Uint8Array): Mutation | undefined => {
  try {
    return Mutation.decode(data);
  } catch {
    return undefined;
  }
};

/** A subscription can name a person by the id from before two numbers were found to be of one person. */
const personOf = (personId: string, check: CheckResponse | undefined) => ({
  ids: [personId, ...(check?.personId ? [check.personId, ...check.mergedPersonIds] : [])],
  inscriptions: check?.inscriptions ?? [],
});

const concerns = ({ personIds }: Candidate, ids: readonly string[]): boolean =>
  personIds === undefined || ids.some((id) => personIds.has(id));
