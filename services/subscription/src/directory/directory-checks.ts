import {
  type CheckResponse,
  DirectoryServiceService,
  type PersonReference,
} from '@crossroads/contracts/directory/v1/directory_service';
import { type Connection, InjectClient } from '@crossroads/grpc';
import { Injectable } from '@nestjs/common';

const MAX_BATCH_SIZE = 5_000;

/** Asks the reference directory about many persons at once; responses come in the order of the persons. */
@Injectable()
export class DirectoryChecks {
  constructor(
    @InjectClient('reference-directory', DirectoryServiceService)
    private readonly directory: Pick<Connection<typeof DirectoryServiceService>, 'batchCheck'>,
  ) {}

  /** With the inscriptions of all institutions: there are thousands of subscribers, and a person has a few inscriptions. */
  byPersonId(personIds: readonly string[]): Promise<CheckResponse[]> {
    return this.check(
      personIds.map((value) => ({ by: { $case: 'personId', value } })),
      [],
    );
  }

  bySsin(ssins: readonly string[], institution: string): Promise<CheckResponse[]> {
    return this.check(
      ssins.map((value) => ({ by: { $case: 'ssin', value } })),
      [institution],
    );
  }

  private async check(persons: readonly PersonReference[], institutions: readonly string[]): Promise<CheckResponse[]> {
    const results: CheckResponse[] = [];
    for (let from = 0; from < persons.length; from += MAX_BATCH_SIZE) {
      const batch = persons.slice(from, from + MAX_BATCH_SIZE);
      const response = await this.directory.batchCheck({ persons: batch, institutions, date: undefined });
      // Results are matched to persons by position: with one missing, a person would get another's inscriptions.
      if (response.results.length !== batch.length)
        throw new Error('the directory answered for another number of persons than it was asked about');
      results.push(...response.results);
    }
    return results;
  }
}
