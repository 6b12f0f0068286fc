import { Clock } from '@crossroads/configuration';
import { type CheckResponse, DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { type Connection, InjectClient } from '@crossroads/grpc';
import { personsAsOne } from '@crossroads/sign-in';
import { Injectable } from '@nestjs/common';
import type { Inscription } from './deliberation-notice.rules.js';

export interface FoundPerson {
  readonly personId: string;
  /** All ids of the person, the current one first: see `personsAsOne`. */
  readonly ids: readonly [string, ...string[]];
  readonly inscriptions: readonly Inscription[];
}

/** Asks the reference directory about persons of whom the id is known. */
@Injectable()
export class PersonLookup {
  constructor(
    @InjectClient('reference-directory', DirectoryServiceService)
    private readonly directory: Pick<Connection<typeof DirectoryServiceService>, 'batchCheck'>,
    private readonly clock: Clock,
  ) {}

  /** In the order of the ids, at most 5,000, with the inscriptions of one institution. A person whom it does not know has that id only. */
  async find(personIds: readonly string[], institution: string): Promise<FoundPerson[]> {
    if (personIds.length === 0) return [];
    const persons = personIds.map((value) => ({ by: { $case: 'personId', value } as const }));
    const { results } = await this.directory.batchCheck({ persons, institutions: [institution], date: undefined });
    if (results.length !== personIds.length)
      throw new Error('the directory answered for another number of persons than it was asked about');
    const now = this.clock.now();
    return personIds.map((personId, index) => foundOf(personId, results[index], now));
  }
}

const foundOf = (asked: string, found: CheckResponse | undefined, now: Date): FoundPerson => {
  if (!found?.personId) return { personId: asked, ids: [asked], inscriptions: [] };
  const ids = personsAsOne(found, now);
  return { personId: ids[0], ids, inscriptions: found.inscriptions };
};
