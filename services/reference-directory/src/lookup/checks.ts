import type { CheckResponse } from '@crossroads/contracts/directory/v1/directory_service';
import { Injectable } from '@nestjs/common';
import type { BatchCheckInput } from './batch-check.pipe.js';
import { checkMessages } from './check.message.js';
import type { CheckInput } from './check.pipe.js';
import type { InscriptionFilter } from './check.reader.js';
import type { FoundPerson } from './find-persons.js';
import { InstitutionContexts } from './institution-contexts.js';
import { PersonLookup } from './person-lookup.js';

/** Answers who somebody is, and which institutions have a file on them. */
@Injectable()
export class Checks {
  constructor(
    private readonly persons: PersonLookup,
    private readonly contexts: InstitutionContexts,
  ) {}

  async check({ person, ...filter }: CheckInput): Promise<CheckResponse> {
    const found = await this.persons.find(person);
    return (await this.messagesFor([found], filter))(found);
  }

  /** In the order asked. */
  async batchCheck({ persons, ...filter }: BatchCheckInput): Promise<CheckResponse[]> {
    const found = await this.persons.findAll(persons);
    return found.map(await this.messagesFor(found, filter));
  }

  private async messagesFor(found: readonly (FoundPerson | undefined)[], filter: InscriptionFilter) {
    const ids = new Set(found.flatMap((person) => person?.entries.map(({ contextId }) => contextId) ?? []));
    return checkMessages(filter, await this.contexts.contextsOf(ids));
  }
}
