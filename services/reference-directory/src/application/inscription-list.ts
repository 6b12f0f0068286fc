import type { Database } from '@crossroads/database';
import { type Entry, unpackEntries } from '../domain/packing.js';
import type { File, Files } from '../view/files.js';
import type { SsinSeal } from '../view/ssin-seal.js';

/** Behind the last inscription of a page. */
export interface Place {
  readonly person: number;
  /** How many of this person's have been given. */
  readonly given: number;
}

/** A place out of a page token; nothing when it is none. */
export const readPlace = (value: unknown): Place | undefined => {
  if (typeof value !== 'object' || value === null || !('person' in value) || !('given' in value)) return undefined;
  const { person, given } = value;
  return typeof person === 'number' && typeof given === 'number' ? { person, given } : undefined;
};

interface Listed {
  readonly file: File;
  readonly entry: Entry;
  /** Empty where nobody has inscribed since the person was erased. */
  readonly ssin: string;
}

export interface ListPage {
  readonly listed: readonly Listed[];
  readonly next: Place | undefined;
}

interface Row {
  readonly person: number;
  readonly person_id: string;
  readonly ssin: Buffer | null;
  readonly packed: Buffer;
}

const ROWS_AT_ONCE = 2_000;
/** Of a call: a page may come out short, even empty, so that no call takes long. */
const ROWS_A_CALL = 40_000;

/**
 * All that an institution has inscribed, in the order of persons. It walks over everybody's rows: an index by institution
 * would cost each inscription eight bytes or more, for a question that is asked once in a while.
 */
export class InscriptionList {
  constructor(
    private readonly db: Database,
    private readonly files: Files,
    private readonly seal: SsinSeal,
  ) {}

  async page(institution: string, after: Place | undefined, size: number): Promise<ListPage> {
    const listed: Listed[] = [];
    let from = after ?? { person: 0, given: 0 };
    for (let read = 0; read < ROWS_A_CALL; ) {
      const rows = await this.rowsFrom(from);
      read += rows.length;
      const fileAt = await this.files.of(
        new Set(rows.flatMap(({ packed }) => unpackEntries(packed).map(({ file }) => file))),
      );
      for (const row of rows) {
        const given = row.person === from.person ? from.given : 0;
        const own = unpackEntries(row.packed).filter(({ file }) => fileAt(file).institution === institution);
        const taken = own.slice(given, given + size - listed.length);
        const ssin = row.ssin && taken.length > 0 ? (this.seal.open(row.person_id, row.ssin) ?? '') : '';
        for (const entry of taken) listed.push({ file: fileAt(entry.file), entry, ssin });
        from = { person: row.person, given: given + taken.length };
        if (listed.length === size) return { listed, next: from };
      }
      if (rows.length < ROWS_AT_ONCE) return { listed, next: undefined };
    }
    return { listed, next: from };
  }

  private rowsFrom({ person }: Place): Promise<Row[]> {
    return this.db.query<Row>(
      {
        name: 'inscriptions-page',
        text: `select i.person, p.person_id, i.ssin, i.packed
          from (select * from inscriptions where person >= $1 order by person limit $2) i join persons p using (person)
          order by i.person`,
      },
      [person, ROWS_AT_ONCE],
    );
  }
}
