import type {
  InscribedPerson,
  ListInscribedPersonsResponse,
} from '@crossroads/contracts/directory/v1/directory_service';
import { Database } from '@crossroads/database';
import { PageTokens } from '@crossroads/grpc';
import { Injectable } from '@nestjs/common';
import { type Entry, unpackEntries } from '../lookup/entry.codec.js';
import { InstitutionContexts } from '../lookup/institution-contexts.js';
import { PersonLookup } from '../lookup/person-lookup.js';
import { contains, dayNumber } from '../period/days.rules.js';
import type { ListInscribedPersonsInput } from './list-inscribed-persons.pipe.js';
import { SsinSeal } from './ssin-seal.js';

interface Row {
  readonly person: number;
  /** Of the row itself, to which the number is sealed. */
  readonly own_id: string;
  /** Of the survivor, where persons were merged. */
  readonly person_id: string;
  readonly ssin: Buffer | null;
  readonly packed: Buffer;
}

const ROWS_PER_QUERY = 2_000;
/** As in the list of inscriptions: a call that has read so many rows answers with a short or empty page. */
const ROWS_PER_CALL = 40_000;

type Terms = Pick<ListInscribedPersonsInput, 'institution' | 'inscriptionContext' | 'today'>;

/**
 * Whom an institution has inscribed in a context, ordered by the number of the person, which never changes and grows: whoever is
 * inscribed while the list is read comes further on, or was there before.
 */
@Injectable()
export class InscribedPersons {
  constructor(
    private readonly db: Database,
    private readonly contexts: InstitutionContexts,
    private readonly persons: PersonLookup,
    private readonly seal: SsinSeal,
    private readonly pageTokens: PageTokens,
  ) {}

  /** @throws InvalidInput for a page token of another list */
  async list({
    personIds,
    pageSize,
    pageToken,
    ...terms
  }: ListInscribedPersonsInput): Promise<ListInscribedPersonsResponse> {
    if (personIds.length > 0) return { persons: await this.among(personIds, terms), nextPageToken: '' };
    const filters = { institution: terms.institution, inscriptionContext: terms.inscriptionContext };
    const after = this.pageTokens.decode(pageToken, filters, (value) =>
      typeof value === 'number' ? value : undefined,
    );
    const { persons, next } = await this.page(after ?? 0, pageSize, terms);
    return { persons, nextPageToken: next === undefined ? '' : this.pageTokens.encode(next, filters) };
  }

  private async page(after: number, size: number, terms: Terms) {
    const persons = new Map<string, InscribedPerson>();
    let last = after;
    for (let read = 0; read < ROWS_PER_CALL; ) {
      const rows = await this.rowsAfter(last);
      read += rows.length;
      const unpacked = rows.map((row) => ({ ...row, entries: unpackEntries(row.packed) }));
      const holds = await this.inscribes(
        unpacked.flatMap(({ entries }) => entries),
        terms,
      );
      for (const { person, own_id: ownId, person_id: personId, ssin: sealed, entries } of unpacked) {
        last = person;
        const ssin = sealed && entries.some(holds) ? this.seal.open(ownId, sealed) : undefined;
        if (ssin === undefined) continue;
        persons.set(personId, { personId, ssin, mergedPersonIds: [] });
        if (persons.size === size) return { persons: [...persons.values()], next: last };
      }
      if (rows.length < ROWS_PER_QUERY) return { persons: [...persons.values()], next: undefined };
    }
    return { persons: [...persons.values()], next: last };
  }

  private async among(personIds: readonly string[], terms: Terms): Promise<InscribedPerson[]> {
    const found = await this.persons.findAll([...new Set(personIds)].map((personId) => ({ personId })));
    const known = [...new Map(found.flatMap((one) => (one ? [[one.personId, one]] : []))).values()];
    const holds = await this.inscribes(
      known.flatMap(({ entries }) => entries),
      terms,
    );
    const inscribed = known.filter(({ entries }) => entries.some(holds));
    const ssins = await this.ssinsOf(
      inscribed.flatMap(({ personId, mergedPersonIds }) => [personId, ...mergedPersonIds]),
    );
    return inscribed.flatMap(({ personId, mergedPersonIds }) => {
      const ssin = [personId, ...mergedPersonIds].flatMap((id) => ssins.get(id) ?? [])[0];
      return ssin === undefined ? [] : [{ personId, ssin, mergedPersonIds: [...mergedPersonIds] }];
    });
  }

  /** Whether an entry is of this institution, in this context, and holds today. */
  private async inscribes(entries: readonly Entry[], { institution, inscriptionContext, today }: Terms) {
    const contextOf = await this.contexts.contextsOf(new Set(entries.map(({ contextId }) => contextId)));
    const day = dayNumber(today);
    return (entry: Entry): boolean => {
      const { institution: by, context } = contextOf(entry.contextId);
      return by === institution && context === inscriptionContext && contains(entry, day);
    };
  }

  private async ssinsOf(personIds: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.db.query<{ readonly person_id: string; readonly ssin: Buffer }>(
      `select p.person_id, i.ssin from persons p join inscriptions i using (person)
       where p.person_id = any($1::uuid[]) and i.ssin is not null`,
      [personIds],
    );
    return new Map(
      rows.flatMap(({ person_id: personId, ssin: sealed }) => {
        const ssin = this.seal.open(personId, sealed);
        return ssin === undefined ? [] : [[personId, ssin]];
      }),
    );
  }

  private rowsAfter(person: number): Promise<Row[]> {
    return this.db.query<Row>(
      {
        name: 'inscribed-persons-page',
        text: `select i.person, o.person_id as own_id, s.person_id, i.ssin, i.packed
          from (select * from inscriptions where person > $1 order by person limit $2) i
          join persons o on o.person = i.person
          left join merges m on m.person = i.person
          join persons s on s.person = coalesce(m.survivor, i.person)
          order by i.person`,
      },
      [person, ROWS_PER_QUERY],
    );
  }
}
