import { type Stream, Streams, WrongExpectedRevision } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import { recordedUntil, StreamReads } from '../number/stream-reads.js';
import { CARDINALITIES } from './facts.js';
import { PersonCodec } from './person.codec.js';
import { type PersonCommand, personDecider, type PersonEvent, type PersonState } from './person.decider.js';

export const PERSON = 'person';

export type PersonStream = Stream<PersonState>;

/** The streams of persons. The id of a stream is the `personId`. */
@Injectable()
export class Persons extends Streams<PersonState, PersonCommand, PersonEvent> {
  constructor(
    private readonly reads: StreamReads,
    codec: PersonCodec,
  ) {
    super(reads, { type: PERSON, decider: personDecider(CARDINALITIES), codec });
  }

  /** A person as known at an instant. */
  async loadAsKnownAt(personId: string, knownAt: Date | undefined): Promise<PersonStream> {
    const streams = await this.reads.readStreams([personId]);
    return this.fold(personId, recordedUntil(streams.get(personId) ?? [], knownAt));
  }

  async loadAll(personIds: readonly string[]): Promise<Map<string, PersonStream>> {
    const streams = await this.reads.readStreams(personIds);
    const folded = [...streams].map(async ([id, recorded]) => [id, await this.fold(id, recorded)] as const);
    return new Map(await Promise.all(folded));
  }
}

/**
 * The person to whom a number led when it was read. Numbers and persons are read one after the other: when a replacement has moved the
 * number in between, the command starts again. One that is appended later advances this stream too, so that one of the two loses.
 * @throws WrongExpectedRevision
 */
export const stillOwner = (person: PersonStream): PersonStream => {
  if (person.state.mergedInto !== undefined) throw new WrongExpectedRevision();
  return person;
};
