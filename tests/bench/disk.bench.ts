import { openDatabase as open } from '@crossroads/database';
import { archivedBytes } from '@crossroads/eventsourcing';
import { eventually } from '@crossroads/testing';
import { ask } from '../databases.js';
import type { WholeMesh } from '../whole-mesh.js';
import { benchMesh, consult } from './bench-mesh.js';
import { CLIENTS } from './echo.js';
import { type Bench, type Figure, rounded } from './figure.js';

const BRIEF = 3_000;
/** When it is named: then pages that are half full count for less. */
const LONG = 10_000;
const DATABASES = ['exchange', 'access_audit'] as const;

/** What a million consultations need on disk: in the exchange, in the access log, in the write-ahead log, and in the archive. */
export const disk: Bench = {
  name: 'disk',
  run: async (report, named) => {
    const mesh = await benchMesh(report);
    const count = named ? LONG : BRIEF;
    // The tables have their first pages, and statements their plans.
    await consultTimes(mesh, 500, 0, () => undefined);
    await settled(mesh);
    const before = await sizesOf(mesh);
    await consultTimes(mesh, count, 500, (done) => report(`disk: ${rounded(done)} of ${rounded(count)} consultations`));
    await settled(mesh);
    const after = await sizesOf(mesh);
    const figures = DATABASES.map((database) => figureOf(database, grown(before, after, database), count));
    return [...figures, walFigure(before.wal, after.wal, count), await archiveFigure(mesh)];
  },
};

const consultTimes = async (
  mesh: WholeMesh,
  count: number,
  from: number,
  onProgress: (done: number) => void,
): Promise<void> => {
  let next = 0;
  const measured = async (): Promise<void> => {
    while (next < count) await consult(mesh, from + next++);
  };
  const timer = setInterval(() => onProgress(next), 2_000);
  try {
    await Promise.all(Array.from({ length: CLIENTS }, measured));
  } finally {
    clearInterval(timer);
  }
};

/** Every access of the exchange that is concluded is in the access log, with its position. */
const settled = (mesh: WholeMesh): Promise<unknown> =>
  eventually(
    async () => {
      const [concluded] = await ask<{ count: string }>(
        mesh,
        'exchange',
        `select count(*) from es.events where type in ('AccessConcluded', 'AccessRefused')`,
      );
      const [recorded] = await ask<{ count: string }>(
        mesh,
        'access_audit',
        `select count(*) from es.events e where e.data->>'ceSource' = 'urn:crossroads:service:exchange'
            and exists (select from es.log l where l.month = e.month and l.stream_id = e.stream_id and l.revision = e.revision)`,
      );
      return Number(recorded?.count) - Number(concluded?.count);
    },
    (missing) => missing >= 0,
    300_000,
  );

interface Sizes {
  /** Bytes by database, then by kind of table. */
  readonly databases: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Bytes of write-ahead log since the server was made, by all services. */
  readonly wal: number;
}

const KINDS = `
  select case when c.relname ~ '^events' then 'events' when c.relname ~ '^log' then 'log' when c.relname ~ '^requests' then 'requests'
              when c.relname = 'steps' then 'steps' else 'other tables' end || k.part as kind, sum(k.bytes) as bytes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   cross join lateral (values ('', pg_table_size(c.oid)), (' (indexes)', pg_indexes_size(c.oid))) k (part, bytes)
   where c.relkind = 'r' and n.nspname in ('es', 'public') group by 1`;

const sizesOf = async (mesh: WholeMesh): Promise<Sizes> => {
  const databases = new Map<string, ReadonlyMap<string, number>>();
  for (const database of DATABASES) {
    const rows = await ask<{ kind: string; bytes: string }>(mesh, database, KINDS);
    databases.set(database, new Map(rows.map(({ kind, bytes }) => [kind, Number(bytes)])));
  }
  const [row] = await ask<{ bytes: string }>(mesh, 'exchange', `select pg_current_wal_lsn() - '0/0' as bytes`);
  return { databases, wal: Number(row?.bytes) };
};

const grown = (before: Sizes, after: Sizes, database: string): readonly (readonly [string, number])[] =>
  [...(after.databases.get(database) ?? [])]
    .map(([kind, bytes]) => [kind, bytes - (before.databases.get(database)?.get(kind) ?? 0)] as const)
    .filter(([, bytes]) => bytes > 0)
    .toSorted(([, a], [, b]) => b - a);

const MILLION = 1_000_000;
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;

const figureOf = (database: string, kinds: readonly (readonly [string, number])[], count: number): Figure => {
  const bytes = kinds.reduce((sum, [, one]) => sum + one, 0);
  return {
    what: `disk of ${database}`,
    measured: `${gigabytes((bytes / count) * MILLION)} a million`,
    against: `${rounded(count)} consultations, ${rounded(bytes / count)} bytes each`,
    goal: 'reported',
    reached: true,
    details: kinds.map(([kind, one]) => `${kind} ${rounded(one / count)} B`).join(', '),
  };
};

const walFigure = (before: number, after: number, count: number): Figure => ({
  what: 'write-ahead log of all',
  measured: `${gigabytes(((after - before) / count) * MILLION)} a million`,
  against: `${rounded((after - before) / count)} bytes each, with full pages after checkpoints`,
  goal: 'reported',
  reached: true,
});

/** What a month of the journal takes in the archive, per event, against its table and its part of the log. */
const archiveFigure = async (mesh: WholeMesh): Promise<Figure> => {
  const url = new URL(mesh.local.mesh().postgres.adminUrl);
  url.pathname = '/exchange';
  const db = await open({ url: url.href, poolSize: 2 });
  try {
    const month = new Date().getUTCFullYear() * 100 + new Date().getUTCMonth() + 1;
    const [row] = await db.query<{ events: bigint; bytes: bigint }>(
      `select count(*) as events, pg_total_relation_size('es.events_${month}') as bytes from es.events_${month}`,
    );
    const events = Number(row?.events ?? 1);
    const archived = await archivedBytes(db, month);
    const [there, inArchive] = [Number(row?.bytes) / events, archived / events];
    return {
      what: 'archive of the exchange',
      measured: `${gigabytes(2 * inArchive * MILLION)} a million`,
      against: `${rounded(there)} bytes an event in its table, ${rounded(inArchive)} in the archive`,
      ratio: inArchive / there,
      goal: 'reported',
      reached: true,
      details:
        'two events a consultation; dropping a month frees its tables, and its part of the log once its segment is over',
    };
  } finally {
    await db.close();
  }
};
