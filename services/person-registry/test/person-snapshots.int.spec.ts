import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@crossroads/database';
import { PostgresEventStore, type StreamReader } from '@crossroads/eventsourcing';
import type { IsoDay } from '@crossroads/identifiers';
import { MemorySubjectKeys, SubjectSealer } from '@crossroads/privacy';
import { eventually, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StreamReads } from '../src/number/stream-reads.js';
import type { Fact } from '../src/person/facts.js';
import { identificationOf } from '../src/person/identification.js';
import { PersonCodec } from '../src/person/person.codec.js';
import type { PersonEvent } from '../src/person/person.decider.js';
import { PersonSnapshots } from '../src/person/person-snapshots.js';
import { Persons } from '../src/person/persons.js';
import { service } from '../src/service.js';

let database: TestDatabase;
let db: Database;
/** The service itself may do less to its snapshots. */
let asAdmin: Database;
let store: PostgresEventStore;

beforeAll(async () => {
  database = await testDatabase(...service.database.migrations);
  db = await openDatabase({ url: database.url, poolSize: 4 });
  asAdmin = await openDatabase({ url: database.adminUrl, poolSize: 1 });
  store = new PostgresEventStore(db);
}, 60_000);
afterAll(async () => {
  await db.close();
  await asAdmin.close();
  await database.drop();
  await (await testPostgres()).stop();
});

/** The registry's persons, as in one process of it. Counts the events that are read. */
const open = (keys = new MemorySubjectKeys()) => {
  const sealer = new SubjectSealer(keys);
  const counted = { events: 0 };
  const reader: StreamReader = {
    readStreams: async (ids, after) => {
      const streams = await store.readStreams(ids, after);
      counted.events += [...streams.values()].flat().length;
      return streams;
    },
  };
  const snapshots = new PersonSnapshots(db, sealer);
  const persons = new Persons(new StreamReads(reader as PostgresEventStore), new PersonCodec(sealer), snapshots);
  /** What the events alone say. */
  const folded = async (personId: string) => persons.fold(personId, await store.readStream(personId));
  const append = async (personId: string, ...events: PersonEvent[]) => {
    const { revision } = await folded(personId);
    await store.append([await persons.append({ streamId: personId, revision }, events)]);
  };
  return { keys, snapshots, persons, folded, append, counted };
};

const said = { ssin: '85670100107', reporter: '0207387064' };
const day = (n: number) => `2020-01-${String(n).padStart(2, '0')}` as IsoDay;
const reported = (...facts: Fact[]): PersonEvent => ({ type: 'PersonChanged', data: { ...said, facts } });
const lived = (street: string, start: number): Fact => ({
  group: 'address',
  value: { street },
  period: { start: day(start) },
});

const snapshotsOf = async (personId: string) =>
  db.query<{ revision: bigint }>('select revision from person_snapshots where person_id = $1', [personId]);

describe('the snapshot of a person', () => {
  it('spares reading the events that it stands for', async () => {
    const { persons, append, counted } = open();
    const personId = randomUUID();
    await append(personId, ...Array.from({ length: 20 }, (_, n) => reported(lived(`street ${n}`, n + 1))));
    await persons.load(personId);
    await eventually(
      () => snapshotsOf(personId),
      ([row]) => row?.revision === 20n,
    );
    await append(personId, reported(lived('last', 21)));
    counted.events = 0;
    const { revision, state } = await persons.load(personId);
    expect(counted.events).toBe(1);
    expect(revision).toBe(21n);
    expect(state.sourceRevision).toBe(21n);
    expect(identificationOf(state.facts, day(21), ['address'])).toMatchObject({ address: { street: 'last' } });
  });

  it('is used by a process that has not read the person before', async () => {
    const { keys, persons, append } = open();
    const personId = randomUUID();
    await append(personId, ...Array.from({ length: 9 }, (_, n) => reported(lived(`street ${n}`, n + 1))));
    await persons.load(personId);
    await eventually(
      () => snapshotsOf(personId),
      ({ length }) => length === 1,
    );
    const another = open(keys);
    expect((await another.persons.load(personId)).state).toEqual((await another.folded(personId)).state);
    expect(another.counted.events).toBe(0);
  });

  it('is not kept of a person with few events', async () => {
    const { persons, append } = open();
    const [few, many] = [randomUUID(), randomUUID()];
    await append(few, ...Array.from({ length: 4 }, (_, n) => reported(lived(`street ${n}`, n + 1))));
    await append(many, ...Array.from({ length: 5 }, (_, n) => reported(lived(`street ${n}`, n + 1))));
    await persons.load(few);
    await persons.load(many);
    await eventually(
      () => snapshotsOf(many),
      ({ length }) => length === 1,
    );
    expect(await snapshotsOf(few)).toEqual([]);
  });

  it('never takes the place of a newer one', async () => {
    const { snapshots, append, persons } = open();
    const personId = randomUUID();
    await append(personId, reported(lived('old', 1)), reported(lived('new', 2)));
    const { state } = await persons.load(personId);
    await snapshots.store(personId, 2n, state);
    await snapshots.store(personId, 1n, { ...state, facts: [] });
    expect((await snapshotsOf(personId))[0]?.revision).toBe(2n);
  });

  it('is not trusted for a revision that it is not of, or when it is older than the one that was seen', async () => {
    const { keys, snapshots, persons, append, folded } = open();
    const personId = randomUUID();
    await append(personId, ...Array.from({ length: 4 }, (_, n) => reported(lived(`street ${n}`, n + 1))));
    const older = await folded(personId);
    await append(personId, reported(lived('last', 5)));
    const person = await folded(personId);
    await snapshots.store(personId, person.revision, person.state);
    await db.query('update person_snapshots set revision = 4 where person_id = $1', [personId]);
    expect(await persons.load(personId)).toEqual(person);
    await asAdmin.query('delete from person_snapshots where person_id = $1', [personId]);
    await open(keys).snapshots.store(personId, older.revision, older.state);
    expect(await persons.load(personId)).toEqual(person);
  });

  it('cannot be opened once the key of the person is destroyed', async () => {
    const { keys, snapshots, persons, append, folded } = open();
    const personId = randomUUID();
    await append(personId, ...Array.from({ length: 6 }, (_, n) => reported(lived(`street ${n}`, n + 1))));
    await snapshots.store(personId, 6n, (await folded(personId)).state);
    await keys.destroy({ personId, erasedAt: new Date(), reason: 'SPEC' });
    const { state } = await persons.load(personId);
    expect(state).toEqual({ forgotten: true, facts: [], sourceRevision: 6n });
  });

  it('answers as the events do, whatever happens to it', async () => {
    const street = fc.constantFrom('Meir', 'Naamsestraat', 'Bondgenotenlaan');
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant('report' as const), street, start: fc.integer({ min: 1, max: 28 }) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('merge', 'separate', 'contest', 'note', 'reassert') }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('read', 'read elsewhere', 'store') }) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constantFrom('empty', 'damage', 'other version', 'claim', 'forget') }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25, size: 'max' }), async (steps) => {
        const here = open();
        const elsewhere = open(here.keys);
        const personId = randomUUID();
        const merge = { personIds: [personId], survivor: 'p', at: new Date().toISOString(), contested: [] };
        let forgotten = false;
        await here.append(personId, reported(lived('first', 1)));
        for (const one of steps) {
          if (one.do === 'report' && !forgotten) await here.append(personId, reported(lived(one.street, one.start)));
          if (one.do === 'merge') await here.append(personId, { type: 'PersonMerged', data: merge });
          if (one.do === 'separate') await here.append(personId, { type: 'PersonSeparated', data: merge });
          if (one.do === 'contest') await here.append(personId, { type: 'MergeContested', data: merge });
          if (one.do === 'note') await here.append(personId, { type: 'MergesChanged', data: merge });
          if (one.do === 'reassert' && !forgotten) {
            const { state } = await here.folded(personId);
            const sourceRevision = String(state.sourceRevision + 3n);
            await here.append(personId, { type: 'PersonReasserted', data: { ssin: said.ssin, sourceRevision } });
          }
          if (one.do === 'read') await here.persons.load(personId);
          if (one.do === 'read elsewhere') await elsewhere.persons.load(personId);
          if (one.do === 'store' && !forgotten) {
            const { revision, state } = await elsewhere.folded(personId);
            await elsewhere.snapshots.store(personId, revision, state);
          }
          const change = CHANGES[one.do];
          if (change) await asAdmin.query(`${change} where person_id = $1`, [personId]);
          if (one.do === 'forget') {
            await here.keys.destroy({ personId, erasedAt: new Date(), reason: 'SPEC' });
            forgotten = true;
          }
          const expected = await here.folded(personId);
          expect(await here.persons.load(personId)).toEqual(expected);
          expect(await elsewhere.persons.load(personId)).toEqual(expected);
          const events = await store.readStream(personId);
          const middle = events[events.length >> 1];
          if (middle)
            expect(await here.persons.loadAfterEvent(middle)).toEqual(
              await here.persons.fold(personId, events.slice(0, Number(middle.revision))),
            );
        }
      }),
      { numRuns: 25 },
    );
  }, 30_000);
});

const CHANGES: Readonly<Partial<Record<string, string>>> = {
  empty: 'delete from person_snapshots',
  damage: "update person_snapshots set sealed = 'AAAA'",
  'other version': 'update person_snapshots set version = 99',
  claim: 'update person_snapshots set revision = revision - 1',
};
