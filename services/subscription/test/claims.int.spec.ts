import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@crossroads/database';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DeliveryClaims } from '../src/delivery/delivery-claims.js';
import { Subscriptions1764230400000 } from '../src/subscription/subscriptions.migration.js';

describe('claims of deliveries', () => {
  let database: TestDatabase;
  let db: Database;

  beforeEach(async () => {
    database = await testDatabase(Subscriptions1764230400000);
    db = await openDatabase({ url: database.url });
  });
  afterEach(async () => {
    await db.close();
    await database.drop();
  });
  afterAll(async () => (await testPostgres()).stop());

  /** A lane for each of these numbers of deliveries that wait. Resolves to how many of each are claimed. */
  const claimedOf = async (...waiting: readonly number[]): Promise<number[]> => {
    const ids = waiting.map(() => randomUUID());
    await db.query(
      `insert into subscriptions (subscription_id, institution, inscription_context, data_service, legal_context, all_inscribed,
         named_persons, state, lane_count, content, field_groups, encoding, opened_at)
       select id, '0206731645', 'CIN:AFFILIATED', 'person.identification.v1', 'CIN:INSURABILITY', true, 0, 'open', 1, 'data', '{}',
         'protobuf', now() from unnest($1::uuid[]) id`,
      [ids],
    );
    await db.query(
      `insert into subscription_lanes (subscription_id, lane, institution, shard, last_sequence)
       select id, 0, '0206731645', 3, waiting from unnest($1::uuid[], $2::bigint[]) as w (id, waiting)`,
      [ids, waiting],
    );
    const claims = await new DeliveryClaims(db).claim([3], []);
    const sizes = new Map(claims.map((one) => [one.subscriptionId, Number(one.upTo - one.relayedSequence)]));
    return ids.map((id) => sizes.get(id) ?? 0);
  };

  it('give a busy lane all that many small ones leave', async () => {
    const small = Array.from({ length: 300 }, () => 1);
    expect(await claimedOf(...small, 450)).toEqual([...small, 450]);
  });

  it('give small lanes all that they have, and busy ones equal parts of the rest', async () => {
    expect(await claimedOf(10, 20, 900, 800, 700)).toEqual([10, 20, 323, 323, 323]);
  });

  it('take no more of one lane than may count as delivered when a grant is lost', async () => {
    expect(await claimedOf(5_000)).toEqual([500]);
  });

  it('take some of each lane when there are too many', async () => {
    expect(await claimedOf(...Array.from({ length: 1_000 }, () => 7))).toEqual(Array.from({ length: 1_000 }, () => 1));
  });
});
