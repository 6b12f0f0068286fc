import { Access } from '@crossroads/contracts/audit/v1/audit_service';
import { ErasureReason } from '@crossroads/contracts/person/v1/erasure_service';
import { PersonErasureOrdered } from '@crossroads/contracts/person/v1/events';
import { allRows, eventually } from '@crossroads/testing';
import { type ServiceProcess, TestMesh, type TestPublisher } from '@crossroads/testing/mesh';
import { PERSON_TOPIC } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { access, intended, refused, someone } from './accesses.js';
import { type AuditClient, PORTAL, World } from './world.js';

const { journalId: _, time: __, ...EMPTY } = Access.fromPartial({ concluded: true, erased: true });

/** So many of each that they share partitions. */
const ACCESSES = 20;

describe('the access log of an erased person', () => {
  let mesh: TestMesh;
  let world: World;
  let registry: TestPublisher;
  let running: ServiceProcess;
  let portal: AuditClient;
  const [erased, other] = [someone(1), someone(2)];

  beforeAll(async () => {
    mesh = await TestMesh.start('access-audit');
    world = await World.create(mesh);
    registry = await mesh.publisher('person-registry', PERSON_TOPIC);
    for (const person of [erased, other]) world.directory.put(person, []);
    running = await mesh.startProcess();
    portal = world.client(running, PORTAL);
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const list = async (ssin: string) => {
    const request = { pageSize: 200, pageToken: '', withoutOwn: true, enterpriseNumber: '', filter: undefined };
    const metadata = { authorization: `Bearer ${await world.token(ssin)}` };
    return (await portal.listAccesses(request, { metadata })).accesses;
  };
  const query = async <Row extends pg.QueryResultRow>(url: string | undefined, sql: string, values: unknown[]) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end();
    }
  };

  /** Each access keeps its entry, of which nothing can be read but that it was there. */
  const onlyErased = async () => {
    const entries = await list(erased.ssin);
    expect(entries).toHaveLength(ACCESSES + 1);
    for (const { journalId, time, ...rest } of entries) {
      expect(time).toBeInstanceOf(Date);
      expect(rest).toEqual(EMPTY);
      expect(journalId).not.toBe('');
    }
  };

  it('loses the key when the registry orders it, and keeps a tombstone in both databases', async () => {
    await world.exchange.append(intended(access(erased)));
    await eventually(
      () => list(erased.ssin),
      ({ length }) => length === 1,
    );
    const data = PersonErasureOrdered.encode({
      personId: erased.personId,
      reason: ErasureReason.ERASURE_REASON_UNLAWFUL,
      orderedTime: new Date('2026-03-01T00:00:00Z'),
    }).finish();
    await registry.append({
      type: 'persons.notify.erasure_ordered',
      streamId: erased.personId,
      revision: 1n,
      key: erased.personId,
      data,
    });
    const rows = await eventually(
      () =>
        query(
          mesh.databases.keys?.adminUrl,
          'select wrapped_key, destroyed_at, reason from subject_keys where person_id = $1 and destroyed_at is not null',
          [erased.personId],
        ),
      ({ length }) => length === 1,
    );
    const at = new Date('2026-03-01T00:00:00Z');
    expect(rows).toEqual([{ wrapped_key: null, destroyed_at: at, reason: 'UNLAWFUL' }]);
    const own = await query(
      mesh.database.adminUrl,
      'select erased_at, reason, acknowledged_at from tombstones where person_id = $1',
      [erased.personId],
    );
    // The registry of this spec does not answer: it stays to be acknowledged.
    expect(own).toEqual([{ erased_at: at, reason: 'UNLAWFUL', acknowledged_at: null }]);
  });

  it('goes on: a record that comes after the erasure is an entry without content', async () => {
    for (let n = 0; n < ACCESSES; n++) {
      await world.exchange.append(intended(access(erased)));
      await world.exchange.append(refused(access(other), 'NOT_INSCRIBED'));
    }
    await eventually(
      () => list(other.ssin),
      ({ length }) => length === ACCESSES,
    );
    const entries = await eventually(
      () =>
        query<{ sealed: string }>(
          mesh.database.adminUrl,
          `select data->>'sealed' as sealed from es.events where data->>'subject' = $1 and data->>'sealed' = ''`,
          [erased.personId],
        ),
      ({ length }) => length >= ACCESSES,
    );
    expect(entries).toHaveLength(ACCESSES);
    await onlyErased();
  }, 120_000);

  it('stays erased when the keys database is restored to before the erasure', async () => {
    expect(await running.stop()).toBe(0);
    // Any key will do: the tombstone is applied before the first one is read.
    await query(
      mesh.databases.keys?.adminUrl,
      `update subject_keys set wrapped_key = (select wrapped_key from subject_keys where person_id = $2),
         destroyed_at = null, reason = null where person_id = $1`,
      [erased.personId, other.personId],
    );
    await running.launch();
    portal = world.client(running, PORTAL);
    await onlyErased();
    const [row] = await query(mesh.databases.keys?.adminUrl, 'select reason from subject_keys where person_id = $1', [
      erased.personId,
    ]);
    expect(row).toEqual({ reason: 'UNLAWFUL' });
    expect(running.output).toContain('tombstones were applied');
  }, 120_000);

  it('is rebuilt as it is: the index needs no content', async () => {
    const { code, output } = await running.run(['rebuild', 'accesses']);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(' 0 rows differed') });
    await onlyErased();
  });

  it('holds nothing of the person outside sealed bodies', async () => {
    const texts = (await Promise.all(mesh.serviceDatabases.map(({ adminUrl }) => allRows(adminUrl)))).flat();
    expect(texts.filter((text) => text.includes(erased.ssin))).toEqual([]);
  });
});
