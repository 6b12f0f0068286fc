import type { IsoDay } from '@crossroads/identifiers';
import { BlindIndex } from '@crossroads/privacy';
import type { Supplied } from '@crossroads/source';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Numbers } from '../number/numbers.js';
import { StreamReads } from '../number/stream-reads.js';
import { identificationOf } from '../person/identification.js';
import { Persons, type PersonStream } from '../person/persons.js';

const MAX_OWNERS = 50_000;

/** Answers `person.identification.v1`. */
@Injectable()
export class Identifications {
  /**
   * The person to whom a number belonged last, by blind index: both are then read at the same time. The number says at each request
   * whether it is still so.
   */
  private readonly ownerOf = new LRUCache<string, string>({ max: MAX_OWNERS });

  constructor(
    private readonly reads: StreamReads,
    private readonly index: BlindIndex,
    private readonly numbers: Numbers,
    private readonly persons: Persons,
  ) {}

  /** Undefined when the number belongs to nobody or is canceled, and when the person is forgotten. */
  async find(ssin: string, day: IsoDay, fieldGroups: readonly string[]): Promise<Supplied | undefined> {
    const person = await this.personOf(ssin);
    if (person === undefined || person.state.forgotten) return undefined;
    const { facts, sourceRevision } = person.state;
    return { data: identificationOf(facts, day, fieldGroups), sourceRevision };
  }

  private async personOf(ssin: string): Promise<PersonStream | undefined> {
    const indexes = this.index.indexesOf(ssin);
    const [current = ''] = indexes;
    const expected = this.ownerOf.get(current);
    const [streams, person] = await Promise.all([
      this.reads.readStreams(indexes),
      expected === undefined ? undefined : this.persons.load(expected),
    ]);
    const { state } = await this.numbers.foldFirst(indexes, streams);
    if (state.status === 'absent' || state.status === 'canceled') return undefined;
    if (state.personId === expected) return person;
    this.ownerOf.set(current, state.personId);
    return this.persons.load(state.personId);
  }
}
