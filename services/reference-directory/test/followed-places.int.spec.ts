import { randomUUID } from 'node:crypto';
import { type Database, openDatabase, type Tx } from '@crossroads/database';
import { PostgresEventStore } from '@crossroads/eventsourcing';
import type { IsoDay } from '@crossroads/identifiers';
import type { BlindIndex } from '@crossroads/privacy';
import { PARTITIONS } from '@crossroads/topology';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Checks } from '../src/lookup/checks.js';
import { PostgresFollowedPlaces } from '../src/lookup/followed-places.js';
import { InstitutionContexts } from '../src/lookup/institution-contexts.js';
import { PersonLookup } from '../src/lookup/person-lookup.js';
import { NumberConsumer } from '../src/number/number.consumer.js';
import { service } from '../src/service.js';

const LOG = randomUUID();
const READER = `crossroads.person.v1 ${LOG} 1`;
const ANY = { institutions: [], date: '2026-01-01' as IsoDay };

let database: TestDatabase;
let db: Database;
let checks: Checks;
let consumer: NumberConsumer;

beforeAll(async () => {
  database = await testDatabase(...service.database.migrations);
  db = await openDatabase({ url: database.url, poolSize: 6 });
  const lookup = new PersonLookup(db, { indexesOf: () => [] } as unknown as BlindIndex);
  checks = new Checks(lookup, new InstitutionContexts(db), new PostgresFollowedPlaces(db));
  consumer = new NumberConsumer(new PostgresEventStore(db), db);
}, 60_000);
afterAll(async () => {
  await db.close();
  await database.drop();
  await (await testPostgres()).stop();
});
beforeEach(() => db.query('delete from es.steps'));

const step = (on: Tx | Database, reader: string, partition: number, after: number, position: number) =>
  on.query(`insert into es.steps (reader, partition, after, position, hash) values ($1, $2, $3, $4, '')`, [
    reader,
    partition,
    after,
    position,
  ]);
const somebody = { personId: randomUUID() };
const followed = async () => (await checks.check({ person: somebody, ...ANY })).followed;

describe('how far an answer has followed the registry', () => {
  it('is nothing before anything was followed', async () => {
    expect(await followed()).toEqual([]);
  });

  it('is the last step of each partition, and not what other readers have read', async () => {
    await step(db, READER, 0, 0, 5);
    await step(db, READER, 0, 5, 9);
    await step(db, READER, 2, 0, 3);
    await step(db, 'relay crossroads.person.v1', 0, 0, 70);
    await step(db, `crossroads.person.v10 ${LOG} 1`, 1, 0, 70);
    await step(db, 'view numbers', 1, 0, 70);
    expect(await followed()).toEqual([{ logId: LOG, positions: [9n, 0n, 3n] }]);
  });

  it('is that of the newest generation of a reader, by number, in each partition', async () => {
    await step(db, `crossroads.person.v1 ${LOG} 9`, 1, 0, 40);
    await step(db, `crossroads.person.v1 ${LOG} 10`, 1, 0, 30);
    await step(db, `crossroads.person.v1 ${LOG} 9`, 2, 0, 50);
    expect(await followed()).toEqual([{ logId: LOG, positions: [0n, 30n, 50n] }]);
  });

  it('names each log that was followed', async () => {
    const other = randomUUID();
    await step(db, READER, 0, 0, 5);
    await step(db, `crossroads.person.v1 ${other} 1`, PARTITIONS - 1, 0, 7);
    const places = new Map((await followed()).map(({ logId, positions }) => [logId, positions]));
    expect(places.get(LOG)).toEqual([5n]);
    expect(places.get(other)?.[PARTITIONS - 1]).toBe(7n);
  });

  it('stands once in the answer about many persons, and not in the answer to a door', async () => {
    await step(db, READER, 0, 0, 5);
    const batch = await checks.batchCheck({ persons: [{ ssin: '' }, somebody], ...ANY });
    expect(batch.followed).toEqual([{ logId: LOG, positions: [5n] }]);
    expect(batch.results.map((result) => result.followed)).toEqual([[], []]);
    expect((await checks.check({ person: { ssin: '' }, ...ANY })).followed).toEqual([]);
    expect((await checks.batchCheck({ persons: [{ ssin: '' }], ...ANY })).followed).toEqual([]);
  });

  it('is never ahead of the answer, while merges are applied', async () => {
    const [merged, survivor] = [randomUUID(), randomUUID()];
    let applying = true;
    const apply = async () => {
      for (let position = 1; position <= 150; position++)
        await db.transaction(async (tx) => {
          const owner = position % 2 === 0 ? merged : survivor;
          const at = { partition: 0, position: BigInt(position) };
          await consumer.handle(
            [{ personIds: [merged], survivor: owner, since: new Date(), contested: [], serial: at.position, at }],
            tx,
          );
          await step(tx, READER, 0, position - 1, position);
        });
      applying = false;
    };
    /** By the number of merges applied: the answer shows at least as many as it says. */
    let seen = 0;
    const ask = async () => {
      let last = 0n;
      while (applying) {
        const { followed: places, personId } = await checks.check({ person: { personId: merged }, ...ANY });
        const position = places[0]?.positions[0] ?? 0n;
        const [now] = await db.query<{ position: bigint }>(
          'select max(position) as position from es.steps where reader = $1',
          [READER],
        );
        expect(position).toBeGreaterThanOrEqual(last);
        last = position;
        // Nothing was applied while it answered, so that the answer is that of the place it names.
        if (position === 0n || now?.position !== position) continue;
        expect(personId).toBe(position % 2n === 0n ? merged : survivor);
        seen++;
      }
    };
    await Promise.all([apply(), ask(), ask()]);
    expect(seen).toBeGreaterThan(0);
  });
});
