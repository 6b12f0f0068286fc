import { type Stream, Streams } from '@crossroads/eventsourcing';
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
