import type { Institution } from '@crossroads/client';
import type { ImportPersonsRequest, ImportPersonsResponse } from '@crossroads/contracts/person/v1/person_service';
import type { PersonRecord, Population } from '../people/index.js';
import { verify } from './checks.js';

/** A person that was imported. */
export interface ImportedPerson {
  readonly ssin: string;
  readonly deceased: boolean;
  readonly hasAddress: boolean;
}

export interface Imported {
  readonly records: number;
  readonly registered: number;
  readonly changed: number;
  readonly unchanged: number;
  /** How many records the reader or the registry refused, by reason. */
  readonly refused: ReadonlyMap<string, number>;
  /** The people who were not refused. */
  readonly people: readonly ImportedPerson[];
}

/** Streams a population into the registry, and checks its report against the records. */
export const importPopulation = async (
  { registry }: Pick<Institution, 'registry'>,
  population: Pick<Population, 'people'>,
  onProgress: (read: number) => void,
): Promise<Imported> => {
  const imported = new Map<string, ImportedPerson>();
  const refused = new Map<string, number>();
  let records = 0;
  const refuse = (reason: string) => refused.set(reason, (refused.get(reason) ?? 0) + 1);

  const requests = async function* (): AsyncGenerator<ImportPersonsRequest> {
    for await (const record of population.people()) {
      records++;
      if ('refused' in record) refuse(record.refused);
      else {
        imported.set(record.reference, importedOf(record));
        yield { reference: record.reference, ssin: record.ssin, facts: [...record.facts] };
      }
    }
  };
  let last: ImportPersonsResponse | undefined;
  for await (const progress of registry.importPersons(requests())) {
    for (const { reference, reason } of progress.refused) {
      refuse(reason);
      imported.delete(reference);
    }
    onProgress(Number(progress.recordsRead));
    last = progress;
  }
  verify(last?.done === true, 'the import ends with its report');
  const [registered, changed, unchanged] = [Number(last.registered), Number(last.changed), Number(last.unchanged)];
  const refusedCount = [...refused.values()].reduce((sum, count) => sum + count, 0);
  verify(registered + changed + unchanged + refusedCount === records, "the import's counts add up to the records");
  return { records, registered, changed, unchanged, refused, people: [...imported.values()] };
};

const importedOf = ({ ssin, facts }: Extract<PersonRecord, { readonly ssin: string }>): ImportedPerson => ({
  ssin,
  deceased: facts.some(({ fact }) => fact?.$case === 'death'),
  hasAddress: facts.some(({ fact }) => fact?.$case === 'address'),
});
