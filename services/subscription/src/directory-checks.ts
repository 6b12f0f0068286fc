import type {
  CheckResponse,
  DirectoryServiceService,
  PersonReference,
} from '@crossroads/contracts/directory/v1/directory_service';
import type { Connection } from '@crossroads/grpc';

const BATCH_SIZE = 5_000;

/** Questions to the reference directory, many persons at once, answers in the order asked. */
export const directoryChecks = (directory: Pick<Connection<typeof DirectoryServiceService>, 'batchCheck'>) => {
  const check = async (
    persons: readonly PersonReference[],
    institutions: readonly string[],
  ): Promise<CheckResponse[]> => {
    const results: CheckResponse[] = [];
    for (let from = 0; from < persons.length; from += BATCH_SIZE) {
      const part = persons.slice(from, from + BATCH_SIZE);
      const answer = await directory.batchCheck({ persons: part, institutions, date: undefined });
      // Anything else would give one person's inscriptions to another.
      if (answer.results.length !== part.length)
        throw new Error('the directory answered another number of persons than asked');
      results.push(...answer.results);
    }
    return results;
  };
  return {
    byPerson: (personIds: readonly string[], institutions: readonly string[]) =>
      check(
        personIds.map((value) => ({ by: { $case: 'personId', value } })),
        institutions,
      ),
    bySsin: (ssins: readonly string[], institution: string) =>
      check(
        ssins.map((value) => ({ by: { $case: 'ssin', value } })),
        [institution],
      ),
  };
};
