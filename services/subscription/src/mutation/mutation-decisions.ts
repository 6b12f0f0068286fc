import type { CheckResponse } from '@crossroads/contracts/directory/v1/directory_service';
import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import type { CloudEvent, Reading } from '@crossroads/messaging';
import { type Policy, PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import type { DecidedDelivery, PreparedDelivery } from '../delivery/decided-delivery.js';
import { DeliveryPreparation } from '../delivery/delivery-preparation.js';
import { DirectoryChecks } from '../directory/directory-checks.js';
import { LiveSubscriptions } from '../subscription/live-subscriptions.js';
import type { Inscription } from '../subscription/subscription-index.js';
import { SubscriptionQueries } from '../subscription/subscription-queries.js';
import type { ReceivedMutation } from './decide-delivery.rules.js';
import { DeliveryDecider } from './delivery-decider.js';
import { TimeSlices } from './time-slices.js';

type Received = ReceivedMutation | { readonly unreadable: string };

/** Whom a mutation is about, as the directory knows them. */
interface Person {
  readonly inscriptions: readonly Inscription[];
  /** Ids of the subscriptions that name the person. */
  readonly naming: ReadonlySet<string>;
}

/** Reads a batch of mutations, and decides who gets what of each. */
@Injectable()
export class MutationDecisions {
  constructor(
    private readonly subscriptions: LiveSubscriptions,
    private readonly queries: SubscriptionQueries,
    private readonly directory: DirectoryChecks,
    private readonly policy: PolicyFollower,
    private readonly decider: DeliveryDecider,
    private readonly preparation: DeliveryPreparation,
  ) {}

  /** In the order of the events. @throws Unavailable `POLICY_STALE` */
  async decide(events: readonly CloudEvent[]): Promise<Reading<PreparedDelivery>[]> {
    const policy = this.policy.policy();
    const received = events.map((event) => receive(event, policy));
    const index = await this.subscriptions.fresh();
    const persons = await this.persons(
      received.flatMap((one) =>
        'unreadable' in one || !index.hasAnyTo(one.mutation.dataService) ? [] : one.mutation.personId,
      ),
      index.namesPersons,
    );
    const decide = this.decider.forBatch();
    const slices = new TimeSlices();
    const readings: Reading<DecidedDelivery>[] = [];
    for (const one of received) {
      if ('unreadable' in one) {
        readings.push({ items: [], unreadable: one.unreadable });
        continue;
      }
      const { personId, dataService } = one.mutation;
      const person = persons.get(personId);
      const concerned = person ? index.of(dataService, person.inscriptions, person.naming) : [];
      readings.push({ items: concerned.flatMap((subscription) => decide(subscription, one) ?? []) });
      await slices.next();
    }
    return this.prepared(readings);
  }

  private async prepared(readings: readonly Reading<DecidedDelivery>[]): Promise<Reading<PreparedDelivery>[]> {
    const prepared = await this.preparation.prepare(readings.flatMap(({ items }) => items));
    let next = 0;
    return readings.map((reading) => {
      const from = next;
      next += reading.items.length;
      return { ...reading, items: prepared.slice(from, next) };
    });
  }

  /** Asks once for the whole batch who has inscribed the persons, and who subscribes to them by name. */
  private async persons(personIds: readonly string[], anyNamed: boolean): Promise<Map<string, Person>> {
    const ids = [...new Set(personIds)];
    if (ids.length === 0) return new Map();
    const checks = await this.directory.byPersonId(ids);
    const allIds = ids.map((id, index) => idsOf(id, checks[index]));
    const naming = anyNamed ? await this.queries.naming(allIds.flat()) : new Map<string, readonly string[]>();
    return new Map(
      ids.map((id, index) => [
        id,
        {
          inscriptions: checks[index]?.inscriptions ?? [],
          naming: new Set(allIds[index]?.flatMap((one) => naming.get(one) ?? [])),
        },
      ]),
    );
  }
}

/** A subscription can name a person by the id from before two numbers were found to be of one person. */
const idsOf = (personId: string, check: CheckResponse | undefined): string[] => [
  personId,
  ...(check?.personId ? [check.personId, ...check.mergedPersonIds] : []),
];

const receive = (event: CloudEvent, policy: Policy): Received => {
  const mutation = decodeMutation(event.data);
  if (mutation === undefined) return { unreadable: 'UNREADABLE' };
  if (mutation.personId !== event.key) return { unreadable: 'KEY_OF_ANOTHER_PERSON' };
  if (!policy.dataService(mutation.dataService)) return { unreadable: 'UNKNOWN_DATA_SERVICE' };
  const { id: ceId, source: ceSource, partition = 0, traceparent } = event;
  return { ceId, ceSource, partition, mutation, ...(traceparent === undefined ? {} : { traceparent }) };
};

const decodeMutation = (data: Uint8Array): Mutation | undefined => {
  try {
    return Mutation.decode(data);
  } catch {
    return undefined;
  }
};
