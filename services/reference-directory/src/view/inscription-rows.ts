import type { Queryable, Tx } from '@crossroads/database';
import type { Change } from '../domain/inscriptions.js';
import { type Entry, packEntries, unpackEntries } from '../domain/packing.js';

/** A change with the number of its institution and context instead of their names. */
export interface FileChange extends Omit<Change, 'context'> {
  readonly file: number;
}

/** Where rows are kept: the live table, or one that is rebuilt beside it. */
export type InscriptionTable = 'inscriptions' | 'inscriptions_rebuilt';

interface Row {
  readonly person: number;
  readonly packed: Buffer;
}

const ATTEMPTS = 10;

/**
 * Writes an event's changes into the persons' rows, in the transaction of the append. Rows are locked in the order of
 * persons: other institutions change the same rows at the same time.
 */
export const writeChanges = async (
  tx: Tx,
  changes: readonly FileChange[],
  ssins: ReadonlyMap<number, Buffer> = new Map(),
  table: InscriptionTable = 'inscriptions',
): Promise<void> => {
  let open = byPerson(changes);
  for (let attempt = 0; open.size > 0; attempt++) {
    if (attempt === ATTEMPTS) throw new Error('rows appear and disappear while they are written');
    const persons = [...open.keys()].sort((a, b) => a - b);
    const rows = await tx.query<Row>(
      {
        name: `${table}-lock`,
        text: `select person, packed from ${table} where person = any($1::int[]) order by person for update`,
      },
      [persons],
    );
    const there = new Set(rows.map(({ person }) => person));
    if (rows.length > 0) {
      const packed = rows.map((row) => applied(unpackEntries(row.packed), open.get(row.person) ?? []));
      await tx.query(
        {
          name: `${table}-update`,
          text: `update ${table} i set packed = u.packed, ssin = coalesce(u.ssin, i.ssin) from ${SENT} where i.person = u.person`,
        },
        sent(
          rows.map(({ person }) => person),
          packed,
          ssins,
        ),
      );
    }
    const missing = persons.filter((person) => !there.has(person));
    if (missing.length === 0) return;
    const inserted = await tx.query<{ person: number }>(
      {
        name: `${table}-insert`,
        text: `insert into ${table} (person, packed, ssin) select person, packed, ssin from ${SENT} on conflict do nothing returning person`,
      },
      sent(
        missing,
        missing.map((person) => applied([], open.get(person) ?? [])),
        ssins,
      ),
    );
    // Another institution was first for the rest: now they are there to be locked.
    const done = new Set(inserted.map(({ person }) => person));
    open = new Map([...open].filter(([person]) => !there.has(person) && !done.has(person)));
  }
};

/** Rows out of one piece of bytes: thousands of them as an array would travel as text, twice as long. */
const SENT = `(select person, substring($2::bytea from start for length) as packed,
    nullif(substring($2::bytea from start + length for ssin_length), ''::bytea) as ssin
  from unnest($1::int[], $3::int[], $4::int[], $5::int[]) s (person, start, length, ssin_length)) u`;

const sent = (persons: readonly number[], packed: readonly Buffer[], ssins: ReadonlyMap<number, Buffer>): unknown[] => {
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

const byPerson = (changes: readonly FileChange[]): Map<number, FileChange[]> => {
  const persons = new Map<number, FileChange[]>();
  for (const change of changes) {
    const own = persons.get(change.person);
    if (own) own.push(change);
    else persons.set(change.person, [change]);
  }
  return persons;
};

const applied = (entries: readonly Entry[], changes: readonly FileChange[]): Buffer => {
  let now = [...entries];
  for (const { file, start, end } of changes) {
    // As `withChange` does with the periods of one file: a period is known by its start.
    now = now.filter((entry) => entry.file !== file || entry.start !== start);
    if (end > start) now.push({ file, start, end });
  }
  return packEntries(now);
};

/** What is inscribed of persons, whoever did it. */
export const readRows = async (on: Queryable, persons: readonly number[]): Promise<Map<number, Entry[]>> => {
  const rows = await on.query<Row>(
    { name: 'inscriptions-read', text: 'select person, packed from inscriptions where person = any($1::int[])' },
    [persons],
  );
  return new Map(rows.map(({ person, packed }) => [person, unpackEntries(packed)]));
};
