import { Database } from '@crossroads/database';
import { Batcher } from '@crossroads/eventsourcing';
import { BlindIndex } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import { numberKey } from '../number/number-key.js';
import { findPersons, type FoundPerson, type PersonKey } from './find-persons.js';

/** A person by number (from outside the mesh) or by id (inside it). */
export type PersonReference = { readonly ssin: string } | { readonly personId: string };

/** Finds persons and what is inscribed of them. */
@Injectable()
export class PersonLookup {
  private readonly batcher: Batcher<PersonKey, FoundPerson | undefined>;

  constructor(
    private readonly db: Database,
    private readonly index: BlindIndex,
  ) {
    this.batcher = new Batcher((keys) => findPersons(db, keys), { stopsWithCalls: true });
  }

  /** Shares its query with other lookups of the same moment. */
  find(person: PersonReference): Promise<FoundPerson | undefined> {
    return this.batcher.load(this.keyOf(person));
  }

  /** In the order given; undefined for unknown persons. */
  findAll(persons: readonly PersonReference[]): Promise<(FoundPerson | undefined)[]> {
    return findPersons(
      this.db,
      persons.map((person) => this.keyOf(person)),
    );
  }

  private keyOf(person: PersonReference): PersonKey {
    return 'ssin' in person ? { numbers: this.index.indexesOf(person.ssin).map(numberKey) } : person;
  }
}
