import type { Tx } from '@crossroads/database';
import { type Recorded, type Stream, Streams, WrongExpectedRevision } from '@crossroads/eventsourcing';
import { warn } from '@crossroads/grpc';
import { Injectable } from '@nestjs/common';
import { StreamReads } from '../number/stream-reads.js';
import { CARDINALITIES } from './facts.js';
import { PersonCodec } from './person.codec.js';
import { type PersonSnapshot, PersonSnapshots } from './person-snapshots.js';
import {
  PERSON_EVENTS,
  type PersonCommand,
  personDecider,
  type PersonEvent,
  type PersonState,
} from './person.decider.js';

const PERSON = 'person';

export type PersonStream = Stream<PersonState>;

/** More events than this are not folded twice: what they lead to is kept as a snapshot. */
const FOLDED_EACH_TIME = 4;

/** The streams of persons. The id of a stream is the `personId`. */
@Injectable()
export class Persons extends Streams<PersonState, PersonCommand, PersonEvent> {
  constructor(
    private readonly reads: StreamReads,
    codec: PersonCodec,
    private readonly snapshots: PersonSnapshots,
  ) {
    super(reads, { type: PERSON, decider: personDecider(CARDINALITIES), events: PERSON_EVENTS, codec });
  }

  /** The person now: the snapshot, and the events after it. One query each, at the same time, for a person who was read before. */
  override async load(personId: string): Promise<PersonStream> {
    const seen = this.snapshots.lastSeen(personId);
    if (seen === undefined) return this.loadAfter(personId, await this.snapshots.find(personId));
    if (seen === 0n) return this.loadAfter(personId, undefined);
    const [snapshot, recorded] = await Promise.all([this.snapshots.find(personId), this.eventsAfter(personId, seen)]);
    // Another table than the one that was seen: it was emptied.
    if (snapshot === undefined || snapshot.revision < seen) return this.loadAfter(personId, snapshot);
    return this.resume(personId, snapshot, recorded);
  }

  /** The person after a stored event. */
  async loadAfterEvent({ streamId, revision }: Recorded): Promise<PersonStream> {
    const snapshot = await this.snapshots.find(streamId);
    const usable = snapshot !== undefined && snapshot.revision <= revision ? snapshot : undefined;
    return this.loadAfter(streamId, usable, revision);
  }

  /** Makes the snapshots of persons anew who have more events than are folded each time; `until` is a revision of each. */
  async rebuildSnapshots(tx: Tx, until: ReadonlyMap<string, bigint>): Promise<void> {
    const many = [...until].filter(([, revision]) => revision > FOLDED_EACH_TIME);
    const streams = await this.reads.readStreams(many.map(([personId]) => personId));
    for (const [personId, revision] of many) {
      const person = await this.fold(personId, upTo(streams.get(personId) ?? [], revision));
      await this.snapshots.rebuild(tx, personId, revision, person.state);
    }
  }

  /** The numbers under which the person was reported or re-asserted, the last one first. */
  async reportedUnder(personId: string): Promise<string[]> {
    const events = await this.opened(await this.eventsAfter(personId, 0n));
    return [...new Set(events.flatMap(({ data }) => ('ssin' in data ? [data.ssin] : [])).reverse())];
  }

  /** When, by the clock of the registry, the person was last made one with another one; undefined when that never was. */
  async mergedAt(personId: string): Promise<Date | undefined> {
    const events = await this.opened(await this.eventsAfter(personId, 0n));
    const merge = events.findLast(({ type }) => type === 'PersonMerged');
    return merge?.type === 'PersonMerged' ? new Date(merge.data.at) : undefined;
  }

  async loadAll(personIds: readonly string[]): Promise<Map<string, PersonStream>> {
    const loaded = personIds.map(async (id) => [id, await this.load(id)] as const);
    return new Map(await Promise.all(loaded));
  }

  private async loadAfter(
    personId: string,
    snapshot: PersonSnapshot | undefined,
    until?: bigint,
  ): Promise<PersonStream> {
    const recorded = await this.eventsAfter(personId, snapshot?.revision ?? 0n);
    return this.resume(personId, snapshot, until === undefined ? recorded : upTo(recorded, until), until);
  }

  /** @param recorded the events after the snapshot, and perhaps earlier ones */
  private async resume(
    personId: string,
    snapshot: PersonSnapshot | undefined,
    recorded: readonly Recorded[],
    until?: bigint,
  ): Promise<PersonStream> {
    const state = snapshot && (await this.snapshots.open(snapshot));
    if (snapshot && state === undefined) return this.loadAfter(personId, undefined, until);
    const from = snapshot && state && { state, revision: snapshot.revision };
    const later = recorded.filter(({ revision }) => revision > (from?.revision ?? 0n));
    const person = await this.fold(personId, later, from);
    if (later.length > FOLDED_EACH_TIME && !person.state.forgotten)
      void this.snapshots.store(personId, person.revision, person.state).catch(warn('person snapshots'));
    return person;
  }

  private async eventsAfter(personId: string, revision: bigint): Promise<readonly Recorded[]> {
    const after = revision === 0n ? undefined : new Map([[personId, revision]]);
    return (await this.reads.readStreams([personId], after)).get(personId) ?? [];
  }
}

const upTo = (recorded: readonly Recorded[], until: bigint): readonly Recorded[] =>
  recorded.filter(({ revision }) => revision <= until);

/**
 * The person to whom a number led when it was read. Numbers and persons are read one after the other: when a replacement has moved the
 * number in between, the command starts again. One that is appended later advances this stream too, so that one of the two loses.
 * @throws WrongExpectedRevision
 */
export const stillOwner = (person: PersonStream): PersonStream => {
  if (person.state.mergedInto !== undefined) throw new WrongExpectedRevision();
  return person;
};
