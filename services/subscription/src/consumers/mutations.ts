import type { CheckResponse } from '@crossroads/contracts/directory/v1/directory_service';
import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import type { Database, Queryable, Tx } from '@crossroads/database';
import { dayOf } from '@crossroads/identifiers';
import {
  type CloudEvent,
  cursorStore,
  notYetConsumed,
  park,
  parkBlocked,
  redrive,
  rememberConsumed,
  type TopicSealing,
} from '@crossroads/messaging';
import type { Policy } from '@crossroads/policy';
import type { DecidedDelivery } from '../deliveries/delivery-message.js';
import type { Numbering } from '../deliveries/numbering.js';
import { decideDelivery, type ReadMutation } from '../deliveries/selection.js';
import { candidates, subscribersTo } from '../subscription-table.js';

/** Mutations of every source come by these topics; other messages on them are not for us. */
export const MUTATION_TOPICS = ['crossroads.person.v1', 'crossroads.mutation.v1'] as const;
export type MutationTopic = (typeof MUTATION_TOPICS)[number];

const MUTATION_TYPES = new Set([
  'crossroads.person.v1.persons.notify.changed',
  'crossroads.mutation.v1.mutations.notify.reported',
]);

export interface MutationsOptions {
  readonly db: Database;
  readonly sealing: Pick<TopicSealing, 'open'>;
  readonly numbering: Numbering;
  /** Throws while the policy is stale: the batch comes again. */
  readonly policy: () => Policy;
  /** The directory, asked for many persons at once. */
  readonly check: (personIds: readonly string[], institutions: readonly string[]) => Promise<readonly CheckResponse[]>;
  readonly now: () => Date;
  readonly onNumbered: () => void;
}

type Unreadable = { readonly event: CloudEvent; readonly reason: string };

/** Mutations in, numbered deliveries out: a batch is one transaction, with how far its topic was read. */
export class Mutations {
  constructor(private readonly options: MutationsOptions) {}

  /** A batch of one topic, in its order. What cannot be read is parked, with all of the same person that comes after it. */
  async take(topic: MutationTopic, events: readonly CloudEvent[]): Promise<void> {
    const mutations = events.filter(({ type }) => MUTATION_TYPES.has(type));
    const { read, unreadable } = await this.read(topic, mutations);
    const decided = await this.decide(read);
    const numbered = await this.options.db.transaction(async (tx) => {
      // Another process of the group may have handled some of them since: each is taken once, and in order.
      await tx.query('select from consumed where topic = $1 order by source for update', [topic]);
      const fresh = notYetConsumed(mutations, await cursorStore(tx).cursors(topic));
      const free = new Set(await this.parkWhatMustWait(tx, topic, fresh, unreadable));
      const count = await this.options.numbering.take(
        tx,
        decided.filter(({ event }) => free.has(event)).map(({ delivery }) => delivery),
      );
      await rememberConsumed(tx, topic, events);
      return count;
    });
    if (numbered > 0) this.options.onNumbered();
  }

  /** Tries what is parked again, each person's in order. */
  async redrive(topic: MutationTopic, key?: string): Promise<{ readonly handled: number; readonly blocked: number }> {
    const redriven = await redrive({
      db: this.options.db,
      topic,
      ...(key === undefined ? {} : { key }),
      handle: async (event, tx) => {
        const { read, unreadable } = await this.read(topic, [event]);
        const [still] = unreadable;
        if (still) return { stillBecause: still.reason };
        const decided = await this.decide(read);
        await this.options.numbering.take(
          tx,
          decided.map(({ delivery }) => delivery),
        );
        return undefined;
      },
    });
    if (redriven.handled > 0) this.options.onNumbered();
    return redriven;
  }

  private async read(topic: MutationTopic, events: readonly CloudEvent[]) {
    const policy = this.options.policy();
    const read: (ReadMutation & { readonly event: CloudEvent })[] = [];
    const unreadable: Unreadable[] = [];
    for (const event of events) {
      const mutation = await this.open(topic, event);
      if (!mutation) unreadable.push({ event, reason: 'UNREADABLE' });
      else if (mutation.personId !== event.key) unreadable.push({ event, reason: 'KEY_OF_ANOTHER_PERSON' });
      else if (!policy.dataService(mutation.dataService)) unreadable.push({ event, reason: 'UNKNOWN_DATA_SERVICE' });
      else {
        const { traceparent } = event;
        const traced = traceparent === undefined ? {} : { traceparent };
        read.push({ event, ceSource: event.source, ceId: event.id, mutation, ...traced });
      }
    }
    return { read, unreadable };
  }

  private async open(topic: MutationTopic, event: CloudEvent): Promise<Mutation | undefined> {
    try {
      return Mutation.decode((await this.options.sealing.open(topic, event)).data);
    } catch {
      return undefined;
    }
  }

  /** Asked outside the transaction: nothing is held while the directory answers. */
  private async decide(
    read: readonly (ReadMutation & { readonly event: CloudEvent })[],
  ): Promise<{ readonly event: CloudEvent; readonly delivery: DecidedDelivery }[]> {
    if (read.length === 0) return [];
    const personIds = [...new Set(read.map(({ mutation }) => mutation.personId))];
    const dataServices = [...new Set(read.map(({ mutation }) => mutation.dataService))];
    const institutions = await subscribersTo(this.options.db, dataServices);
    if (institutions.length === 0) return [];
    const checks = await this.options.check(personIds, institutions);
    const persons = new Map(personIds.map((personId, index) => [personId, personOf(personId, checks[index])]));
    const subscriptions = await candidates(
      this.options.db,
      dataServices,
      [...persons.values()].flatMap(({ ids }) => ids),
    );

    const policy = this.options.policy();
    const day = dayOf(this.options.now());
    return read.flatMap((one) =>
      subscriptions
        .filter(
          ({ dataService, personIds: named }) =>
            dataService === one.mutation.dataService &&
            (!named || persons.get(one.mutation.personId)?.ids.some((id) => named.has(id))),
        )
        .flatMap((subscription) => {
          const delivery = decideDelivery(
            policy,
            subscription,
            one,
            persons.get(one.mutation.personId)?.inscriptions ?? [],
            day,
          );
          return delivery ? [{ event: one.event, delivery }] : [];
        }),
    );
  }

  /** Parks, in the order of the topic, what cannot be read and what comes after it of the same person; gives the rest. */
  private async parkWhatMustWait(
    tx: Tx & Queryable,
    topic: MutationTopic,
    mutations: readonly CloudEvent[],
    unreadable: readonly Unreadable[],
  ): Promise<CloudEvent[]> {
    if (mutations.length === 0) return [];
    const reasons = new Map(unreadable.map(({ event, reason }) => [event, reason]));
    if (reasons.size === 0) return parkBlocked(tx, topic, mutations);
    const free: CloudEvent[] = [];
    for (const event of mutations) {
      const [unblocked] = await parkBlocked(tx, topic, [event]);
      if (!unblocked) continue;
      const reason = reasons.get(event);
      if (reason === undefined) free.push(event);
      else await park(tx, topic, event, reason);
    }
    return free;
  }
}

/** A person named before a number was replaced is the same person: known under the ids of then, too. */
const personOf = (personId: string, check: CheckResponse | undefined) => ({
  ids: [personId, ...(check?.personId ? [check.personId, ...check.mergedPersonIds] : [])],
  inscriptions: check?.inscriptions ?? [],
});
