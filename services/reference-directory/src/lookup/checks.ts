import type { BatchCheckResponse, CheckResponse, Followed } from '@crossroads/contracts/directory/v1/directory_service';
import { Injectable } from '@nestjs/common';
import type { BatchCheckInput } from './batch-check.pipe.js';
import { checkMessages } from './check.message.js';
import type { CheckInput } from './check.pipe.js';
import type { InscriptionFilter } from './check.reader.js';
import type { FoundPerson } from './find-persons.js';
import { followedMessages } from './followed.message.js';
import { FollowedPlaces } from './followed-places.js';
import { InstitutionContexts } from './institution-contexts.js';
import { PersonLookup, type PersonReference } from './person-lookup.js';

/** Answers who somebody is, and which institutions have a file on them. */
@Injectable()
export class Checks {
  constructor(
    private readonly persons: PersonLookup,
    private readonly contexts: InstitutionContexts,
    private readonly places: FollowedPlaces,
  ) {}

  async check({ person, ...filter }: CheckInput): Promise<CheckResponse> {
    const followed = await this.followedFor([person]);
    const found = await this.persons.find(person);
    return { ...(await this.messagesFor([found], filter))(found), followed };
  }

  /** In the order asked. */
  async batchCheck({ persons, ...filter }: BatchCheckInput): Promise<BatchCheckResponse> {
    const followed = await this.followedFor(persons);
    const found = await this.persons.findAll(persons);
    return { results: found.map(await this.messagesFor(found, filter)), followed };
  }

  /**
   * Read before the persons: a place is stored with the rows that it stands for, so that what is read later holds at least these.
   * Whoever asks by SSIN asks at a door, and follows no log.
   */
  private async followedFor(persons: readonly PersonReference[]): Promise<Followed[]> {
    return persons.some((person) => 'personId' in person) ? followedMessages(await this.places.read()) : [];
  }

  private async messagesFor(found: readonly (FoundPerson | undefined)[], filter: InscriptionFilter) {
    const ids = new Set(found.flatMap((person) => person?.entries.map(({ contextId }) => contextId) ?? []));
    return checkMessages(filter, await this.contexts.contextsOf(ids));
  }
}
