import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import type { CloudEvent, Reading } from '@crossroads/messaging';
import { type Policy, PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import type { DecidedDelivery, PreparedDelivery } from '../delivery/decided-delivery.js';
import { DeliveryPreparation } from '../delivery/delivery-preparation.js';
import { TimeSlices } from '../delivery/time-slices.js';
import { registryPlacesOf } from '../directory/registry-places.rules.js';
import { LiveSubscriptions } from '../subscription/live-subscriptions.js';
import type { ReceivedMutation } from './decide-delivery.rules.js';
import { DeliveryDecider } from './delivery-decider.js';
import { InscribedPersons } from './inscribed-persons.js';

type Received = ReceivedMutation | { readonly unreadable: string };

/** Reads a batch of mutations, and decides who gets what of each. */
@Injectable()
export class MutationDecisions {
  constructor(
    private readonly subscriptions: LiveSubscriptions,
    private readonly persons: InscribedPersons,
    private readonly policy: PolicyFollower,
    private readonly decider: DeliveryDecider,
    private readonly preparation: DeliveryPreparation,
  ) {}

  /** In the order of the events. @throws Unavailable `POLICY_STALE` */
  async decide(events: readonly CloudEvent[]): Promise<Reading<PreparedDelivery>[]> {
    const policy = this.policy.policy();
    const received = events.map((event) => receive(event, policy));
    const index = await this.subscriptions.fresh();
    const persons = await this.persons.find(
      received.flatMap((one) =>
        'unreadable' in one || !index.hasAnyTo(one.mutation.dataService) ? [] : one.mutation.personId,
      ),
      index.namesPersons,
      registryPlacesOf(events),
    );
    const decide = this.decider.forBatch();
    const slices = new TimeSlices();
    const readings: Reading<DecidedDelivery>[] = [];
    for (const one of received) {
      if ('unreadable' in one) {
        readings.push({ items: [], unreadable: one.unreadable });
        continue;
      }
      const { personId, dataService, sourceRevision: revision } = one.mutation;
      const person = persons.get(personId);
      const concerned = person ? index.of(dataService, person.inscriptions, person.naming) : [];
      const joined = { ...one, join: { personId, personIds: person?.ids ?? [], revision } };
      readings.push({ items: concerned.flatMap((subscription) => decide(subscription, joined) ?? []) });
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
      return { ...reading, items: prepared.slice(from, next).filter((one) => one !== undefined) };
    });
  }
}

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
