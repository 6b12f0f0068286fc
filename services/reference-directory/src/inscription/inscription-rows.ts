import type { Queryable, Tx } from '@crossroads/database';
import { type Entry, packEntries, unpackEntries } from '../lookup/entry.codec.js';

/** A change of one entry in a person's row. */
export interface RowChange extends Entry {
  readonly person: number;
}

/** The live table, or the one that is being rebuilt. */
type InscriptionTable = 'inscriptions' | 'inscriptions_rebuilt';

interface Row {
  readonly person: number;
  readonly packed: Buffer;
}

const MAX_ATTEMPTS = 10;

/**
 * Writes an event's changes into the rows of the persons, in the transaction of the append. Rows are locked in the order of their
 * persons, because other institutions change the same rows at the same time.
 */
export const writeChanges = async (
  tx: Tx,
  changes: readonly RowChange[],
  ssins: ReadonlyMap<number, Buffer> = new Map(),
  table: InscriptionTable = 'inscriptions',
): Promise<void> => {
  let pending = byPerson(changes);
  for (let attempt = 0; pending.size > 0; attempt++) {
    if (attempt === MAX_ATTEMPTS) throw new Error('rows appear and disappear while they are written');
    const persons = [...pending.keys()].sort((a, b) => a - b);
    const rows = await tx.query<Row>(
      {
        name: `${table}-lock`,
        text: `select person, packed from ${table} where person = any($1::int[]) order by person for update`,
      },
      [persons],
    );
    const existing = new Set(rows.map(({ person }) => person));
    if (rows.length > 0) {
      const packed = rows.map((row) => applied(unpackEntries(row.packed), pending.get(row.person) ?? []));
      await tx.query(
        {
          name: `${table}-update`,
          text: `update ${table} i set packed = u.packed, ssin = coalesce(u.ssin, i.ssin) from ${ROWS} where i.person = u.person`,
        },
        rowParams(
          rows.map(({ person }) => person),
          packed,
          ssins,
        ),
      );
    }
    const missing = persons.filter((person) => !existing.has(person));
    if (missing.length === 0) return;
    const inserted = await tx.query<{ person: number }>(
      {
        name: `${table}-insert`,
        text: `insert into ${table} (person, packed, ssin) select person, packed, ssin from ${ROWS} on conflict do nothing returning person`,
      },
      rowParams(
        missing,
        missing.map((person) => applied([], pending.get(person) ?? [])),
        ssins,
      ),
    );
    // Another institution has inserted the rest meanwhile: the next attempt locks them.
    const done = new Set(inserted.map(({ person }) => person));
    pending = new Map([...pending].filter(([person]) => !existing.has(person) && !done.has(person)));
  }
};

/** Rows cut out of one buffer: an array of thousands of `bytea` would be sent as text, twice as long. */
const ROWS = `(select person, substring($2::bytea from start for length) as packed,
    nullif(substring($2::bytea from start + length for ssin_length), ''::bytea) as ssin
  from unnest($1::int[], $3::int[], $4::int[], $5::int[]) s (person, start, length, ssin_length)) u`;

const rowParams = (
  persons: readonly number[],
  packed: readonly Buffer[],
  ssins: ReadonlyMap<number, Buffer>,
): unknown[] => {
  const [pieces, starts, lengths, ssinLengths]: [Buffer[], number[], number[], number[]] = [[], [], [], []];
  let start = 1;
  persons.forEach((person, n) => {
    const row = packed[n] ?? Buffer.alloc(0);
    const ssin = ssins.get(person);
    starts.push(start);
    lengths.push(row.length);
    ssinLengths.push(ssin?.length ?? 0);
    pieces.push(row);
    if (ssin) pieces.push(ssin);
    start += row.length + (ssin?.length ?? 0);
  });
  return [persons, Buffer.concat(pieces), starts, lengths, ssinLengths];
};

const byPerson = (changes: readonly RowChange[]): Map<number, RowChange[]> => {
  const persons = new Map<number, RowChange[]>();
  for (const change of changes) {
    const own = persons.get(change.person);
    if (own) own.push(change);
    else persons.set(change.person, [change]);
  }
  return persons;
};

const applied = (entries: readonly Entry[], changes: readonly RowChange[]): Buffer => {
  let current = [...entries];
  for (const { contextId, start, end } of changes) {
    // As `applyChange` does with the periods of one context: a period is identified by its start.
    current = current.filter((entry) => entry.contextId !== contextId || entry.start !== start);
    if (end > start) current.push({ contextId, start, end });
  }
  return packEntries(current);
};

/** What all institutions have inscribed of persons. */
export const readRows = async (on: Queryable, persons: readonly number[]): Promise<Map<number, Entry[]>> => {
  const rows = await on.query<Row>(
    { name: 'inscriptions-read', text: 'select person, packed from inscriptions where person = any($1::int[])' },
    [persons],
  );
  return new Map(rows.map(({ person, packed }) => [person, unpackEntries(packed)]));
};
