import { createHash, randomBytes, randomInt } from 'node:crypto';
import { type Database, migrate, openDatabase } from '@crossroads/database';
import { Commands, PostgresEventStore } from '@crossroads/eventsourcing';
import { BlindIndex, type KeyProvider } from '@crossroads/privacy';
import { InscriptionJournal } from '../src/inscription/inscription-journal.js';
import { InscriptionCommands } from '../src/inscription/inscription.commands.js';
import { SsinSeal } from '../src/inscription/ssin-seal.js';
import { InstitutionContexts } from '../src/lookup/institution-contexts.js';
import { PersonLookup } from '../src/lookup/person-lookup.js';
import { numberKey } from '../src/number/number-key.js';
import { NumberConsumer } from '../src/number/number.consumer.js';
import type { NumberTransition } from '../src/number/number-transitions.js';
import { service } from '../src/service.js';
import { institutions, lineAbout, type Person, people } from './population.js';

export interface DirectoryBenchOptions {
  /** An empty database: of the role that owns it, and of the role the service runs as. */
  readonly migratorUrl: string;
  readonly url: string;
  readonly appRole: string;
  readonly say: (line: string) => void;
  /** @default 255_000: one in a hundred */
  readonly persons?: number;
  /** @default 14: the average person is known in fourteen sectors */
  readonly inscriptionsEach?: number;
  /** Milliseconds of each measurement of look-ups. @default 5000 */
  readonly lookupMs?: number;
}

export interface DirectoryBenchResult {
  readonly inscriptions: number;
  readonly loadPerSecond: number;
  /** Stands in for a plain COPY, and is faster than one. */
  readonly plainLoadPerSecond: number;
  /** Bytes an inscription, everything included, and of what. */
  readonly bytesPerInscription: number;
  readonly bytesByRelation: Readonly<Record<string, number>>;
  readonly lookups: Speed;
  readonly plainSelects: Speed;
  readonly ratio: number;
}

export interface Speed {
  readonly perSecond: number;
  readonly p95Ms: number;
}

const NO_QUOTAS = { takeAll: async (_: string, _kind: string, persons: Iterable<string>) => new Set(persons) };
const CHUNK = 5_000;
const CLIENTS = 32;

/** Loads a hundredth of the country as institutions would, by files, and measures room and look-ups. */
export const benchDirectory = async (options: DirectoryBenchOptions): Promise<DirectoryBenchResult> => {
  const { migratorUrl, url, appRole, say, persons = 255_000, inscriptionsEach = 14, lookupMs = 5_000 } = options;
  await migrate({ url: migratorUrl, migrations: service.database.migrations, appRole });
  const db = await openDatabase({ url });
  try {
    const keys = oneKey();
    const index = await BlindIndex.open(keys, 'ssin-index');
    const everybody = people(persons);
    await loadNumbers(db, everybody, index, say);
    const seal = new SsinSeal(await keys.secrets('ssin-index'));
    const lookup = new PersonLookup(db, index);
    const store = new PostgresEventStore(db);
    const contexts = new InstitutionContexts(db);
    const grants = { refusedAmong: () => [] };
    const journal = new InscriptionJournal({ policy: () => ({ revision: 1n }) });
    const commands = new InscriptionCommands(
      db,
      new Commands(store, db),
      store,
      contexts,
      lookup,
      seal,
      NO_QUOTAS,
      grants,
      journal,
    );
    const inscriptions = persons * inscriptionsEach;
    const loadPerSecond = inscriptions / (await loadFiles(commands, everybody, inscriptionsEach, say));
    const bytesByRelation = await relationSizes(db, inscriptions);
    const bytesPerInscription = Object.values(bytesByRelation).reduce((sum, bytes) => sum + bytes, 0);
    say(
      `${bytesPerInscription.toFixed(1)} bytes an inscription: ${Object.entries(bytesByRelation)
        .map(([name, bytes]) => `${name} ${bytes.toFixed(2)}`)
        .join(', ')}`,
    );
    const plainSelects = await plainSelectSpeed(db, everybody, index, lookupMs);
    const lookups = await lookupSpeed(lookup, everybody, lookupMs);
    const ratio = lookups.perSecond / plainSelects.perSecond;
    say(
      `look-ups ${lookups.perSecond.toFixed(0)}/s, p95 ${lookups.p95Ms.toFixed(2)} ms; plain prepared select ${plainSelects.perSecond.toFixed(0)}/s, p95 ${plainSelects.p95Ms.toFixed(2)} ms; ratio ${ratio.toFixed(2)} (goal 0.7)`,
    );
    const plainLoadPerSecond = await plainLoadSpeed(db, migratorUrl, inscriptions);
    say(
      `load ${loadPerSecond.toFixed(0)} inscriptions/s; rows without index made by the server itself ${plainLoadPerSecond.toFixed(0)}/s; ratio ${(loadPerSecond / plainLoadPerSecond).toFixed(3)} (later goal 0.3)`,
    );
    return {
      inscriptions,
      loadPerSecond,
      plainLoadPerSecond,
      bytesPerInscription,
      bytesByRelation,
      lookups,
      plainSelects,
      ratio,
    };
  } finally {
    await db.close();
  }
};

const oneKey = (): KeyProvider => {
  const key = randomBytes(32);
  const absent = () => Promise.reject(new Error('only one key here'));
  return { newDataKey: absent, dataKey: absent, secret: async () => key, secrets: async () => [{ kid: 'bench', key }] };
};

const loadNumbers = async (
  db: Database,
  everybody: readonly Person[],
  index: BlindIndex,
  say: (line: string) => void,
) => {
  const report = progress('numbers', everybody.length, say);
  const consumer = new NumberConsumer(new PostgresEventStore(db), db);
  for (let from = 0; from < everybody.length; from += CHUNK) {
    const transitions = everybody.slice(from, from + CHUNK).map(
      ({ ssin, personId }, n): NumberTransition => ({
        kind: 'assigned',
        number: numberKey(index.indexOf(ssin)),
        replacedBy: undefined,
        personId,
        previousPersonId: undefined,
        serial: BigInt(from + n + 1),
        at: { partition: 0, position: BigInt(from + n + 1) },
      }),
    );
    await db.transaction((tx) => consumer.handle(transitions, tx));
    report(from + transitions.length);
  }
};

/** Each file names persons in an order of its own; two institutions send at the same time. Answers the seconds. */
const loadFiles = async (
  commands: InscriptionCommands,
  everybody: readonly Person[],
  each: number,
  say: (line: string) => void,
) => {
  const report = progress('inscriptions', everybody.length * each, say);
  const startedAt = performance.now();
  let done = 0;
  const load = async (institution: string, number: number) => {
    const stride = strideFor(everybody.length);
    const offset = randomInt(everybody.length);
    for (let from = 0; from < everybody.length; from += CHUNK) {
      const lines = Array.from({ length: Math.min(CHUNK, everybody.length - from) }, (_, n) => {
        const person = everybody[(offset + (from + n) * stride) % everybody.length];
        if (!person) throw new RangeError('nobody is there');
        return lineAbout(person, number, from + n + 1);
      });
      const request = {
        institution,
        rpc: 'bench',
        requestId: `${from}`,
        hash: createHash('sha256').update(`${from}`).digest(),
      };
      const by = { institution, peer: institution, application: 'bench' };
      await commands.executeChunk('Inscribe', by, { lines, malformed: [] }, request);
      done += lines.length;
      report(done);
    }
  };
  const senders = institutions(each).map((institution, number) => ({ institution, number }));
  const next = async (): Promise<void> => {
    for (let sender = senders.shift(); sender; sender = senders.shift()) await load(sender.institution, sender.number);
  };
  await Promise.all([next(), next()]);
  return (performance.now() - startedAt) / 1_000;
};

/** A step that has no divisor in common with the number of persons: everybody is met once, in a scattered order. */
const strideFor = (count: number): number => {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  for (;;) {
    const stride = 1 + randomInt(count);
    if (gcd(stride, count) === 1) return stride;
  }
};

const relationSizes = async (db: Database, inscriptions: number): Promise<Record<string, number>> => {
  const rows = await db.query<{ name: string; bytes: bigint }>(
    `select case when n.nspname = 'es' then 'es.' else '' end || c.relname as name,
            pg_relation_size(c.oid) + case when c.reltoastrelid = 0 then 0 else pg_total_relation_size(c.reltoastrelid) end as bytes
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'es') and c.relkind in ('r', 'i') order by 2 desc`,
  );
  return Object.fromEntries(rows.map(({ name, bytes }) => [name, Number(bytes) / inscriptions]));
};

const lookupSpeed = (lookup: PersonLookup, everybody: readonly Person[], ms: number): Promise<Speed> =>
  speedOf(ms, async () => {
    const found = await lookup.find({ ssin: someone(everybody).ssin });
    if (!found || found.entries.length === 0) throw new Error('somebody was not found');
  });

const plainSelectSpeed = (db: Database, everybody: readonly Person[], index: BlindIndex, ms: number): Promise<Speed> =>
  speedOf(ms, async () => {
    const rows = await db.query({ name: 'plain', text: 'select person from numbers where number = $1' }, [
      numberKey(index.indexOf(someone(everybody).ssin)),
    ]);
    if (rows.length !== 1) throw new Error('somebody was not found');
  });

const speedOf = async (ms: number, once: () => Promise<void>): Promise<Speed> => {
  const times: number[] = [];
  const startedAt = performance.now();
  const client = async () => {
    while (performance.now() - startedAt < ms) {
      const before = performance.now();
      await once();
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const seconds = (performance.now() - startedAt) / 1_000;
  times.sort((a, b) => a - b);
  return { perSecond: times.length / seconds, p95Ms: times[Math.floor(times.length * 0.95)] ?? 0 };
};

const someone = (everybody: readonly Person[]): Person => {
  const person = everybody[randomInt(everybody.length)];
  if (!person) throw new RangeError('nobody is there');
  return person;
};

/** The limit: as many rows of number, file and two days without an index, made by the server itself: no COPY is faster than that. */
const plainLoadSpeed = async (db: Database, migratorUrl: string, inscriptions: number): Promise<number> => {
  const migrator = await openDatabase({ url: migratorUrl, poolSize: 1 });
  try {
    await migrator.query('create table copied (person int, file int, start_day date, end_day date)');
    const startedAt = performance.now();
    await migrator.transaction(
      (tx) =>
        tx.query(
          `insert into copied select n % 255000, n % 28, date '1990-01-01' + n % 13000, null from generate_series(1, $1::int) n`,
          [inscriptions],
        ),
      { timeoutMs: 600_000 },
    );
    return inscriptions / ((performance.now() - startedAt) / 1_000);
  } finally {
    await migrator.query('drop table copied');
    await migrator.close();
    await db.query('select 1');
  }
};

const progress = (what: string, all: number, say: (line: string) => void) => {
  let saidAt = performance.now();
  return (done: number): void => {
    if (done < all && performance.now() - saidAt < 2_000) return;
    saidAt = performance.now();
    say(`${what}: ${done.toLocaleString('en')} of ${all.toLocaleString('en')} (${Math.floor((100 * done) / all)} %)`);
  };
};
