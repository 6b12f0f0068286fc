import { setTimeout as delay } from 'node:timers/promises';
import {
  type CheckResponse,
  DirectoryServiceService,
  type InscribedPerson,
  type PersonReference,
} from '@crossroads/contracts/directory/v1/directory_service';
import { type Connection, InjectClient, Unavailable } from '@crossroads/grpc';
import { counter } from '@crossroads/telemetry';
import { Injectable } from '@nestjs/common';
import type { Inscription } from '../subscription/subscription-index.js';
import { isBehind, NOWHERE, type RegistryPlaces } from './registry-places.rules.js';

const MAX_BATCH_SIZE = 5_000;
const LIST_PAGE_SIZE = 500;
/** The list walks over everybody's inscriptions. */
const LIST_DEADLINE_MS = 20_000;
/** Doubles with each answer that is behind. */
const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 500;
/** Then the batch fails, and is delivered again. */
const MAX_WAIT_MS = 5_000;

/** Asks the reference directory about many persons at once; responses come in the order of the persons. */
@Injectable()
export class DirectoryChecks {
  private readonly waits = counter('crossroads.directory_waits');

  constructor(
    @InjectClient('reference-directory', DirectoryServiceService)
    private readonly directory: Pick<Connection<typeof DirectoryServiceService>, 'batchCheck' | 'listInscribedPersons'>,
  ) {}

  /**
   * With the inscriptions of all institutions: there are thousands of subscribers, and a person has a few inscriptions. Asks again
   * until the directory has followed the registry as far as the caller: before, it may not know that two persons became one.
   * @throws Unavailable DIRECTORY_BEHIND
   */
  async byPersonId(personIds: readonly string[], caller: RegistryPlaces = NOWHERE): Promise<CheckResponse[]> {
    const persons = personIds.map((value) => ({ by: { $case: 'personId' as const, value } }));
    const results: CheckResponse[] = [];
    for (let from = 0; from < persons.length; from += MAX_BATCH_SIZE)
      results.push(...(await this.checkWhenFollowed(persons.slice(from, from + MAX_BATCH_SIZE), caller)));
    return results;
  }

  /** A page of the persons whom an institution has inscribed in a context today, with the token of the next one; empty: the last. */
  async inscribed(
    { institution, inscriptionContext }: Inscription,
    pageToken: string,
  ): Promise<{ readonly personIds: readonly string[]; readonly nextPageToken: string }> {
    const { persons, nextPageToken } = await this.directory.listInscribedPersons(
      { institution, inscriptionContext, personIds: [], pageSize: LIST_PAGE_SIZE, pageToken },
      { deadlineMs: LIST_DEADLINE_MS },
    );
    return { personIds: persons.map(({ personId }) => personId), nextPageToken };
  }

  /** Those of at most 1,000 persons whom an institution has inscribed in a context today, by each of their ids. */
  async inscribedAmong(
    { institution, inscriptionContext }: Inscription,
    personIds: readonly string[],
  ): Promise<ReadonlyMap<string, Pick<InscribedPerson, 'personId' | 'ssin'>>> {
    const { persons } = await this.directory.listInscribedPersons(
      { institution, inscriptionContext, personIds: [...personIds], pageSize: 0, pageToken: '' },
      { deadlineMs: LIST_DEADLINE_MS },
    );
    return new Map(persons.flatMap((one) => [one.personId, ...one.mergedPersonIds].map((id) => [id, one] as const)));
  }

  bySsin(ssins: readonly string[], institution: string): Promise<CheckResponse[]> {
    return this.check(
      ssins.map((value) => ({ by: { $case: 'ssin', value } })),
      [institution],
    );
  }

  private async checkWhenFollowed(
    persons: readonly PersonReference[],
    caller: RegistryPlaces,
  ): Promise<readonly CheckResponse[]> {
    const deadline = performance.now() + MAX_WAIT_MS;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      const { results, followed } = await this.directory.batchCheck({ persons, institutions: [], date: undefined });
      requireAll(persons, results);
      if (!isBehind(followed, caller)) return results;
      this.waits.add(1, {});
      if (performance.now() + waitMs > deadline)
        throw new Unavailable('DIRECTORY_BEHIND', 'the directory has not followed the person registry so far yet');
      await delay(waitMs);
    }
  }

  private async check(persons: readonly PersonReference[], institutions: readonly string[]): Promise<CheckResponse[]> {
    const results: CheckResponse[] = [];
    for (let from = 0; from < persons.length; from += MAX_BATCH_SIZE) {
      const batch = persons.slice(from, from + MAX_BATCH_SIZE);
      const response = await this.directory.batchCheck({ persons: batch, institutions, date: undefined });
      requireAll(batch, response.results);
      results.push(...response.results);
    }
    return results;
  }
}

/** Results are matched to persons by position: with one missing, a person would get another's inscriptions. */
const requireAll = (persons: readonly PersonReference[], results: readonly CheckResponse[]): void => {
  if (results.length !== persons.length)
    throw new Error('the directory answered for another number of persons than it was asked about');
};
