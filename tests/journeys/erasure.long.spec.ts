import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Erasure, ErasureReason, ErasureServiceService } from '@crossroads/contracts/person/v1/erasure_service';
import { connect, newRequestId } from '@crossroads/grpc';
import { IDENTIFICATION, type InstitutionName, PURPOSES, run } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { ERASING_SERVICES, personRegistry } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../databases.js';
import { startLoad, move } from '../load.js';
import { generatedPeople, generatedSsins } from '../people.js';
import { ROOT, WholeMesh } from '../whole-mesh.js';

const COMMAND = join(ROOT, 'libs', 'client', 'dist', 'cli', 'crossroads.js');
const PEOPLE = 40;
const SSINS = generatedSsins(PEOPLE);
const [ERASED = '', LATER = '', ...OTHERS] = SSINS;
const DATABASES = ERASING_SERVICES.map((name) => name.replaceAll('-', '_'));

describe('the erasure of a person', () => {
  let mesh: WholeMesh;
  let first: { readonly requestId: string; readonly erasureId: string };
  let personId = '';
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-erasure-'));

  beforeAll(async () => {
    mesh = await WholeMesh.start();
    await mesh.load(() => generatedPeople(PEOPLE));
    await mesh.decide('health-fund', 'welfare-office');
    await mesh.inscribe('health-fund', SSINS);
    await mesh.inscribe('welfare-office', SSINS);
    await mesh.subscribe('health-fund');
    for (const ssin of [ERASED, LATER]) {
      await move(mesh.as('municipality'), ssin, '7');
      await consult(ssin);
    }
    personId = (await newestPersons())[0] ?? '';
    writeFileSync(join(folder, 'decision.pdf'), '%PDF-1.7');
    expect(await ebox('consent', '--ssin', ERASED)).toMatch(/^mailbox /);
    const mail = ['--type', 'PENSION_DECISION', '--original-id', 'decision-1', '--nl', 'Pensioen', '--fr', 'Pension'];
    await ebox('publish', '--as', 'pension-office', '--ssin', ERASED, ...mail, 'decision.pdf');
    expect(await eboxRows('messages')).toBe(1);
  });
  afterAll(async () => {
    await mesh?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const ebox = async (...args: readonly string[]): Promise<string> => {
    const env = { ...process.env, CROSSROADS_DATA: mesh.local.folder.path };
    return (await run(process.execPath, [COMMAND, 'ebox', ...args], { cwd: folder, env })).output;
  };
  const eboxRows = async (table: 'messages' | 'mailboxes' | 'consents'): Promise<number> => {
    const rows = await ask(mesh, 'ebox', `select 1 from ${table} where owner_id = $1`, [personId]);
    return rows.length;
  };

  const erasures = (name: InstitutionName = 'national-register') => {
    const { addresses, ...identity } = mesh.network.connection(name);
    return connect(ErasureServiceService, addresses[personRegistry.name], {
      ...identity,
      server: { kind: 'service', name: personRegistry.name },
      reads: ['getErasure'],
    });
  };
  const erase = async (ssin: string, requestId = newRequestId()) => {
    const client = erasures();
    const reason = ErasureReason.ERASURE_REASON_UNLAWFUL;
    try {
      return { requestId, ...(await client.erasePerson({ requestId, ssin, reason })) };
    } finally {
      client.close();
    }
  };
  const stateOf = async (erasureId: string): Promise<Erasure | undefined> => {
    const client = erasures();
    try {
      return (await client.getErasure({ erasureId })).erasure;
    } finally {
      client.close();
    }
  };
  const missing = async (erasureId: string) =>
    (await stateOf(erasureId))?.services.flatMap((one) => (one.acknowledgedTime ? [] : [one.service]));
  const consult = (ssin: string) =>
    mesh.as('welfare-office').consult({
      ssin,
      legalContext: PURPOSES['welfare-office'].legalContext,
      dataServices: [IDENTIFICATION],
    });
  /** In the order in which the two were moved. */
  const newestPersons = async () => {
    const rows = await ask<{ id: string }>(
      mesh,
      'person_registry',
      `select stream_id as id from es.events where type = 'PersonChanged' order by recorded_at`,
    );
    return rows.map(({ id }) => id);
  };
  const delivered = async () => {
    const { subscriptions } = await mesh
      .as('health-fund')
      .subscriptions.listSubscriptions({ institution: '', pageSize: 1, pageToken: '' });
    return Number(subscriptions[0]?.lastSequence ?? 0);
  };
  const keys = (database: string) =>
    ask<{ live: boolean }>(
      mesh,
      `${database}_keys`,
      'select wrapped_key is not null as live from subject_keys where person_id = $1',
      [personId],
    );

  it('is ordered only by an institution that reports names and births', async () => {
    const client = erasures('municipality');
    const order = { requestId: newRequestId(), ssin: ERASED, reason: ErasureReason.ERASURE_REASON_UNLAWFUL };
    await expect(client.erasePerson(order)).rejects.toMatchObject({ reason: 'FIELD_GROUP_NOT_REPORTED' });
    client.close();
  });

  it('is acknowledged by every service that holds something about persons, under load', async () => {
    const load = startLoad(mesh, OTHERS, { consulters: 1, movers: 1, pauseMs: 100 });
    first = await erase(ERASED);
    await eventually(
      () => missing(first.erasureId),
      (services) => services?.length === 0,
      60_000,
    );
    const state = await stateOf(first.erasureId);
    expect(state?.services.map(({ service }) => service).sort()).toEqual([...ERASING_SERVICES].sort());
    expect(state?.completedTime).toBeInstanceOf(Date);
    const { answered, accepted } = await load.stop();
    expect([answered.length > 0, accepted.length > 0]).toEqual([true, true]);
  }, 120_000);

  it('leaves a tombstone and no key, in each service', async () => {
    for (const database of DATABASES) {
      const tombstones = await ask(mesh, database, 'select reason from tombstones where person_id = $1', [personId]);
      expect([database, tombstones]).toEqual([database, [{ reason: 'UNLAWFUL' }]]);
      if (database !== 'reference_directory')
        expect([database, await keys(database)]).toEqual([database, [{ live: false }]]);
    }
  });

  it('empties the mailbox, and leaves no gap in the events of its provider', async () => {
    expect([await eboxRows('messages'), await eboxRows('mailboxes'), await eboxRows('consents')]).toEqual([0, 0, 0]);
    const client = mesh.as('pension-office').publications;
    const listed = await eventually(
      () => client.listProviderEvents({ afterEventSequenceNbr: 0n, pageSize: 100 }),
      ({ events }) => events.length > 0,
    );
    expect(listed.events).toMatchObject([{ eventSequenceNbr: 1n, originalMessageId: '' }]);
  });

  it('cannot be undone by asking: nobody is answered with data, and nobody can change the person', async () => {
    const answer = await consult(ERASED).then(
      ({ results }) => JSON.stringify(results),
      (error: unknown) => String(Reflect.get(Object(error), 'reason')),
    );
    expect(answer).toMatch(/PERSON_NOT_AVAILABLE/);
    await expect(move(mesh.as('municipality'), ERASED, '8')).rejects.toMatchObject({ reason: 'PERSON_FORGOTTEN' });
  });

  it('has the same answer when it is ordered again', async () => {
    expect(await erase(ERASED, first.requestId)).toEqual(first);
    expect((await erase(ERASED)).erasureId).toBe(first.erasureId);
  });

  it('stops no lane: what others change afterwards is delivered', async () => {
    const before = await delivered();
    for (const ssin of OTHERS) await move(mesh.as('municipality'), ssin, 'after');
    await eventually(delivered, (count) => count >= before + OTHERS.length, 60_000);
    const answers = await Promise.all(OTHERS.slice(0, 5).map(consult));
    expect(answers.every(({ results }) => results.length > 0)).toBe(true);
  }, 90_000);

  it('waits for a service that is down, and is acknowledged when it is back', async () => {
    const { erasureId } = await mesh.whileSuspended('access-audit', async () => {
      const ordered = await erase(LATER);
      await eventually(
        () => missing(ordered.erasureId),
        (services) => services?.length === 1,
        60_000,
      );
      expect(await missing(ordered.erasureId)).toEqual(['access-audit']);
      return ordered;
    });
    await eventually(
      () => missing(erasureId),
      (services) => services?.length === 0,
      60_000,
    );
  }, 120_000);
});
