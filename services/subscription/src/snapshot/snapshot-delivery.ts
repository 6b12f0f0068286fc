import type { RecordedReason } from '@crossroads/policy';
import { Clock } from '@crossroads/configuration';
import type { Tx } from '@crossroads/database';
import { SubjectSealer } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import type { Numberable } from '../delivery/decided-delivery.js';
import { DeliveryNumbering } from '../delivery/delivery-numbering.js';
import { DeliveryPreparation, type RecordedDelivery } from '../delivery/delivery-preparation.js';
import {
  concludedEntry,
  deliveryOutcome,
  type JournalEntry,
  noDataOutcome,
  withheldOutcome,
} from '../journal/delivered-access.message.js';
import { DeliveryJournal, journaledItem } from '../journal/delivery-journal.js';
import { SnapshotAccesses } from './snapshot-accesses.js';
import { personBytes } from './snapshot.message.js';
import { type OutstandingPerson, SnapshotPersons, type TakenPerson } from './snapshot-persons.js';
import type { Supplied } from './snapshot-source.js';

interface Place {
  readonly snapshotId: string;
  readonly subscriptionId: string;
}

type Answered = Supplied & { readonly answer: Exclude<Supplied['answer'], 'failed'> };

interface Concluded extends TakenPerson {
  readonly lane: number;
  readonly entry: JournalEntry;
  readonly sealed: string;
  /** Absent when the source has nothing on the person. */
  readonly delivery: Numberable | undefined;
}

/** Concludes the accesses of a snapshot: each in the transaction that notes in the snapshot that its person has come, or does not. */
@Injectable()
export class SnapshotDelivery {
  constructor(
    private readonly persons: SnapshotPersons,
    private readonly accesses: SnapshotAccesses,
    private readonly preparation: DeliveryPreparation,
    private readonly numbering: DeliveryNumbering,
    private readonly journal: DeliveryJournal,
    private readonly sealer: SubjectSealer,
    private readonly clock: Clock,
  ) {}

  /** @returns the ids of those who have come; the others are asked for again */
  async deliver(place: Place, supplied: readonly Answered[]): Promise<ReadonlySet<string>> {
    const { snapshotId, subscriptionId } = place;
    const concluded = await this.conclude(place, supplied);
    if (concluded.length === 0) return NOBODY;
    return this.persons.inLanes(
      subscriptionId,
      concluded.map(({ lane }) => lane),
      async (tx, open) => {
        const takeable = concluded.filter(({ lane }) => open.has(lane));
        const taken = await this.persons.take(tx, snapshotId, takeable);
        const come = takeable.filter(({ personId }) => taken.has(personId));
        await this.numbering.append(
          tx,
          come.flatMap(({ delivery }) => delivery ?? []),
        );
        const nothing = come.filter(({ delivery }) => delivery === undefined);
        if (nothing.length > 0) await this.journal.append(tx, nothing);
        const delivered = come.filter(({ delivery }) => delivery !== undefined);
        await this.persons.count(tx, snapshotId, lanesOf(delivered), 'delivered');
        await this.persons.count(tx, snapshotId, lanesOf(nothing), 'withheld');
        return taken;
      },
    );
  }

  /**
   * Persons who do not come. An access that was begun is recorded with the reason as its outcome.
   * @param instead what else is done in the transaction, in place of counting them
   */
  async leaveOut(
    place: Place,
    persons: readonly OutstandingPerson[],
    reason: RecordedReason,
    instead?: (tx: Tx) => Promise<void>,
  ): Promise<void> {
    if (persons.length === 0) return;
    const { snapshotId } = place;
    const refused = await this.refused(snapshotId, persons, reason);
    await this.persons.inLanes(place.subscriptionId, lanesOf(persons), async (tx) => {
      const removed = await this.persons.remove(tx, snapshotId, persons);
      await this.journalOf(tx, refused, removed);
      const gone = persons.filter(({ personId }) => removed.has(personId));
      if (instead) await instead(tx);
      else await this.persons.count(tx, snapshotId, lanesOf(gone), 'withheld');
    });
  }

  /** The accesses that were begun end with this reason, and others begin in their place. */
  async askAgain(place: Place, persons: readonly OutstandingPerson[], reason: RecordedReason): Promise<void> {
    if (persons.length === 0) return;
    const refused = await this.refused(place.snapshotId, persons, reason);
    await this.persons.inLanes(place.subscriptionId, lanesOf(persons), async (tx) => {
      await this.journalOf(tx, refused, await this.persons.reopen(tx, place.snapshotId, persons));
    });
  }

  /** What is journalled of accesses that were begun, by person. */
  private async refused(snapshotId: string, persons: readonly OutstandingPerson[], reason: RecordedReason) {
    const now = this.clock.now();
    const entries: JournalEntry[] = [];
    for (const person of persons) {
      const opened = await this.accesses.open(snapshotId, person);
      if (!opened) continue;
      const outcome = withheldOutcome(reason, now);
      entries.push(concludedEntry(person.personId, opened.ticket, opened.releases, outcome));
    }
    const sealed = await this.sealer.sealAllUnlessForgotten(entries.map(journaledItem));
    return entries.flatMap((entry, index) => {
      const own = sealed[index];
      return own === undefined ? [] : [{ entry, sealed: own }];
    });
  }

  private async journalOf(
    tx: Tx,
    refused: readonly { readonly entry: JournalEntry; readonly sealed: string }[],
    personIds: ReadonlySet<string>,
  ): Promise<void> {
    const concerned = refused.filter(({ entry }) => personIds.has(entry.personId));
    if (concerned.length > 0) await this.journal.append(tx, concerned);
  }

  private async conclude(place: Place, supplied: readonly Answered[]): Promise<Concluded[]> {
    const recorded = supplied.map((one) => recordedOf(place, one, this.clock.now()));
    const found = recorded.filter((one) => one.content !== undefined);
    const prepared = await this.preparation.seal(found);
    const none = recorded.filter((one) => one.content === undefined);
    const sealed = await this.sealer.sealAllUnlessForgotten(none.map(({ entry }) => journaledItem(entry)));
    return [
      ...found.flatMap((one, index): Concluded[] => {
        const delivery = prepared[index];
        return delivery ? [{ ...one.taken, ...delivery.access, delivery }] : [];
      }),
      ...none.flatMap(({ taken, entry }, index): Concluded[] => {
        const own = sealed[index];
        return own === undefined ? [] : [{ ...taken, entry, sealed: own, delivery: undefined }];
      }),
    ];
  }
}

type Recorded = RecordedDelivery & { readonly taken: TakenPerson & { readonly lane: number } };

const recordedOf = ({ snapshotId }: Place, { begun, answer, receipt, time }: Answered, now: Date) => {
  const { person, ticket, releases } = begun;
  const { personId, intent, lane } = person;
  const delivery = {
    subscriptionId: begun.access.subscriptionId,
    lane,
    ceSource: `snapshot ${snapshotId}`,
    ceId: personId,
  };
  if (answer === 'none') {
    const entry = concludedEntry(person.personId, ticket, releases, noDataOutcome(now));
    return { delivery, entry, content: undefined, taken: { personId, intent, lane, revision: person.held } };
  }
  const { revision, cut } = answer;
  const isData = begun.access.content === 'data';
  const mutation = { ...begun.access.mutation, sourceRevision: revision };
  const access = { ...begun.access, mutation, filtered: isData ? cut.filtered : [] };
  const entry = concludedEntry(person.personId, ticket, releases, deliveryOutcome(access, now));
  const content = personBytes({ ...access, snapshotId, data: cut.data, supplyTime: time }, entry, receipt);
  return { delivery, entry, content, taken: { personId, intent, lane, revision } } satisfies Recorded;
};

const NOBODY: ReadonlySet<string> = new Set();

const lanesOf = (persons: readonly { readonly lane: number }[]): number[] => persons.map(({ lane }) => lane);
