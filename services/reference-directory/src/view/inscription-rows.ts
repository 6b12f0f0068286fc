import type { Queryable, Tx } from '@crossroads/eventsourcing';
import type { Change } from '../domain/inscriptions.js';
import { type Entry, packEntries, unpackEntries } from '../domain/packing.js';
import { withChange } from '../domain/periods.js';

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
      { name: `${table}-lock`, text: `select person, packed from ${table} where person = any($1::int[]) order by person for update` },
      [persons],
    );
    const there = new Set(rows.map(({ person }) => person));
    if (rows.length > 0) {
      const packed = rows.map((row) => applied(unpackEntries(row.packed), open.get(row.person) ?? []));
      await tx.query(
        {
          name: `${table}-update`,
          text: `update ${table} i set packed = u.packed, ssin = coalesce(u.ssin, i.ssin)
            from unnest($1::int[], $2::bytea[], $3::bytea[]) u (person, packed, ssin) where i.person = u.person`,
        },
        [rows.map(({ person }) => person), packed, rows.map(({ person }) => ssins.get(person) ?? null)],
      );
    }
    const missing = persons.filter((person) => !there.has(person));
    if (missing.length === 0) return;
    const inserted = await tx.query<{ person: number }>(
      {
        name: `${table}-insert`,
        text: `insert into ${table} (person, packed, ssin)
          select * from unnest($1::int[], $2::bytea[], $3::bytea[]) on conflict do nothing returning person`,
      },
      [
        missing,
        missing.map((person) => applied([], open.get(person) ?? [])),
        missing.map((person) => ssins.get(person) ?? null),
      ],
    );
    // Another institution was first for the rest: now they are there to be locked.
    const done = new Set(inserted.map(({ person }) => person));
    open = new Map([...open].filter(([person]) => !there.has(person) && !done.has(person)));
  }
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
    const own = withChange(now.filter((entry) => entry.file === file), { start, end });
    now = [...now.filter((entry) => entry.file !== file), ...own.map((period) => ({ file, start: period.start, end: period.end }))];
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
