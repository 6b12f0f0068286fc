import type { Inscription, ListInscriptionsResponse } from '@crossroads/contracts/directory/v1/directory_service';
import { Database } from '@crossroads/database';
import { PageTokens } from '@crossroads/grpc';
import { PersonQuotas, personNotAvailable, quotaExhausted } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import { type Entry, unpackEntries } from '../lookup/entry.codec.js';
import { inscriptionMessage } from '../lookup/inscription.message.js';
import { InstitutionContexts } from '../lookup/institution-contexts.js';
import { PersonLookup } from '../lookup/person-lookup.js';
import type { ListInscriptionsInput } from './list-inscriptions.pipe.js';
import { rejection } from './line-reasons.js';
import { SsinSeal } from './ssin-seal.js';

/** The end of a page. */
interface Position {
  readonly person: number;
  /** How many inscriptions of this person have been listed. */
  readonly listed: number;
}

interface Page {
  readonly inscriptions: Inscription[];
  readonly next: Position | undefined;
}

interface Row {
  readonly person: number;
  readonly person_id: string;
  readonly ssin: Buffer | null;
  readonly packed: Buffer;
}

const ROWS_PER_QUERY = 2_000;
/** A call reads at most so many rows and then returns a short or empty page, so that no call takes long. */
const ROWS_PER_CALL = 40_000;

/**
 * What an institution has inscribed, ordered by person. The list of all persons reads every row: an index by institution would cost
 * each inscription eight bytes or more, for a request that is made once in a while.
 */
@Injectable()
export class InscriptionList {
  constructor(
    private readonly db: Database,
    private readonly contexts: InstitutionContexts,
    private readonly persons: PersonLookup,
    private readonly seal: SsinSeal,
    private readonly pageTokens: PageTokens,
    private readonly quotas: PersonQuotas,
  ) {}

  /** @throws Rejection `PERSON_NOT_AVAILABLE`; InvalidInput for a page token of another list */
  async list(
    institution: string,
    { ssin, pageSize, pageToken }: Omit<ListInscriptionsInput, 'institution'>,
  ): Promise<ListInscriptionsResponse> {
    const filters = { institution, ssin: ssin ?? '' };
    const after = this.pageTokens.decode(pageToken, filters, readPosition);
    const { inscriptions, next } =
      ssin === undefined
        ? await this.all(institution, after, pageSize)
        : await this.ofPerson(institution, ssin, after, pageSize);
    return { inscriptions, nextPageToken: next ? this.pageTokens.encode({ ...next }, filters) : '' };
  }

  private async ofPerson(institution: string, ssin: string, after: Position | undefined, size: number): Promise<Page> {
    const found = await this.persons.find({ ssin });
    const { own, contextOf } = await this.ownEntries(institution, found ? [found] : []);
    const entries = found ? own(found.entries) : [];
    if (!found || entries.length === 0) {
      const isWithin = await this.quotas.take(institution, 'misses', ssin);
      throw rejection(isWithin ? personNotAvailable.reason : quotaExhausted.reason);
    }
    const from = after?.listed ?? 0;
    const page = entries.slice(from, from + size);
    const listed = from + page.length;
    return {
      inscriptions: page.map((entry) => inscriptionMessage(contextOf(entry.contextId), entry, ssin)),
      next: listed < entries.length ? { person: found.person, listed } : undefined,
    };
  }

  private async all(institution: string, after: Position | undefined, size: number): Promise<Page> {
    const inscriptions: Inscription[] = [];
    let last = after ?? { person: 0, listed: 0 };
    for (let read = 0; read < ROWS_PER_CALL; ) {
      const rows = await this.rowsFrom(last.person);
      read += rows.length;
      const unpacked = rows.map((row) => ({ ...row, entries: unpackEntries(row.packed) }));
      const { own, contextOf } = await this.ownEntries(institution, unpacked);
      for (const row of unpacked) {
        const from = row.person === last.person ? last.listed : 0;
        const page = own(row.entries).slice(from, from + size - inscriptions.length);
        // Empty for a person that was erased and not inscribed since.
        const ssin = row.ssin && page.length > 0 ? (this.seal.open(row.person_id, row.ssin) ?? '') : '';
        for (const entry of page) inscriptions.push(inscriptionMessage(contextOf(entry.contextId), entry, ssin));
        last = { person: row.person, listed: from + page.length };
        if (inscriptions.length === size) return { inscriptions, next: last };
      }
      if (rows.length < ROWS_PER_QUERY) return { inscriptions, next: undefined };
    }
    return { inscriptions, next: last };
  }

  private async ownEntries(institution: string, rows: readonly { readonly entries: readonly Entry[] }[]) {
    const ids = new Set(rows.flatMap(({ entries }) => entries.map(({ contextId }) => contextId)));
    const contextOf = await this.contexts.contextsOf(ids);
    const own = (entries: readonly Entry[]) =>
      entries.filter(({ contextId }) => contextOf(contextId).institution === institution);
    return { own, contextOf };
  }

  private rowsFrom(person: number): Promise<Row[]> {
    return this.db.query<Row>(
      {
        name: 'inscriptions-page',
        text: `select i.person, p.person_id, i.ssin, i.packed
          from (select * from inscriptions where person >= $1 order by person limit $2) i join persons p using (person)
          order by i.person`,
      },
      [person, ROWS_PER_QUERY],
    );
  }
}

/** Undefined when it is not a position of this version. */
const readPosition = (value: unknown): Position | undefined => {
  if (typeof value !== 'object' || value === null || !('person' in value) || !('listed' in value)) return undefined;
  const { person, listed } = value;
  return typeof person === 'number' && typeof listed === 'number' ? { person, listed } : undefined;
};
