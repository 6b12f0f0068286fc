import { Clock } from '@crossroads/configuration';
import { AccessOutcome, AccessResult, ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import { AccessConcluded } from '@crossroads/contracts/access/v1/events';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { RemoteError } from '@crossroads/grpc';
import { eventually, refusalOf } from '@crossroads/testing';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { allPublished, TestMesh } from '@crossroads/testing/mesh';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import type { Supply } from './source-stand-in.js';
import { consult, WELFARE, World } from './world.js';

describe('the exchange, when something fails,', () => {
  let mesh: TestMesh;
  let world: World;
  let admin: pg.Client;
  let sound: Supply;

  beforeAll(async () => {
    mesh = await TestMesh.start('exchange');
    world = await World.create(mesh, { deadlineMs: 8_000 });
    sound = world.wages.supply;
    admin = new pg.Client({ connectionString: mesh.database.adminUrl });
    await admin.connect();
    mesh.defer(() => admin.end());
  });
  afterAll(() => mesh.stop());
  beforeEach(() => {
    world.wages.supply = sound;
    world.wages.asked.length = 0;
  });

  /** A source that answers when it is told to. */
  const held = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    world.wages.supply = async (request, signal) => promise.then(() => sound(request, signal));
    return resolve;
  };

  const isAsked = () =>
    eventually(
      () => world.wages.asked.length,
      (count) => count > 0,
    );

  /** What the journal tells of accesses, from the beginning. */
  const journal = async (port: number) => {
    const events = mesh.connect(EventsServiceService, port, await mesh.serviceCertificate('access-audit'));
    const told = (await allPublished(events, 'crossroads.access.exchange.v1')).map(({ event }) => event);
    events.close();
    return told;
  };

  const outcomes = async (port: number, journalId: string): Promise<AccessOutcome[]> =>
    (await journal(port))
      .filter(({ type, key }) => type.endsWith('.concluded') && key === journalId)
      .map(({ data }) => AccessOutcome.decode(AccessConcluded.decode(data).outcome));

  it('closes the access of a process that was killed between intent and outcome', async () => {
    const { ssin, personId } = world.person(WELFARE);
    const killed = await mesh.startProcess();
    const welfare = world.client(killed.port, WELFARE);
    held();
    const request = consult(ssin);
    const gone = new AbortController();
    const lost = welfare.consult(request, { deadlineMs: 30_000, signal: gone.signal }).catch((error: unknown) => error);
    await isAsked();
    await killed.stop('SIGKILL');
    gone.abort();
    await lost;

    const exchange = await world.exchange();
    const concluded = await eventually(
      async () => (await journal(exchange.port)).filter(({ type }) => type.endsWith('.concluded')),
      (events) => events.some(({ data }) => AccessConcluded.decode(data).personId === personId),
    );
    const journalId = concluded.find(({ data }) => AccessConcluded.decode(data).personId === personId)?.key ?? '';
    const closed = await outcomes(exchange.port, journalId);
    expect(closed).toMatchObject([
      { result: AccessResult.ACCESS_RESULT_OUTCOME_UNKNOWN, ticket: world.wages.asked[0]?.ticket },
    ]);

    world.wages.supply = sound;
    const again = await world.client(exchange.port, WELFARE).consult(request);
    expect(again.ticket).toBe(closed[0]?.ticket);
    // The log ends at the oldest open transaction of the whole server.
    const both = await eventually(
      () => outcomes(exchange.port, journalId),
      ({ length }) => length >= 2,
    );
    expect(both).toMatchObject([
      { result: AccessResult.ACCESS_RESULT_OUTCOME_UNKNOWN },
      { result: AccessResult.ACCESS_RESULT_ANSWERED },
    ]);
    await exchange.stop();
  });

  it('closes an access by a stream of its own, once, when the month of its stream may be closed', async () => {
    const { ssin, personId } = world.person(WELFARE);
    const killed = await mesh.startProcess();
    held();
    const gone = new AbortController();
    const options = { deadlineMs: 30_000, signal: gone.signal };
    const lost = world.client(killed.port, WELFARE).consult(consult(ssin), options);
    lost.catch(() => undefined);
    await isAsked();
    await killed.stop('SIGKILL');
    gone.abort();
    const clock = new Clock();
    clock.now = () => new Date(Date.now() + 100 * 86_400_000);
    const exchange = await mesh.startInProcess(service, AppModule, {
      until: 'listening',
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    // The round is over, and the process counts as gone.
    await eventually(
      async () => (await admin.query('select from exchange_instances where gone_since is not null')).rowCount,
      (count) => count !== null && count > 0,
    );
    const { rows } = await admin.query<{ type: string; stream_id: string; of: string | null }>(
      `select type, stream_id, data->>'journalId' as of from es.events where data->>'personId' = $1 order by serial`,
      [personId],
    );
    const journalId = rows[0]?.stream_id ?? '';
    expect(rows).toEqual([
      { type: 'AccessIntended', stream_id: journalId, of: null },
      { type: 'AccessConcluded', stream_id: expect.not.stringContaining(journalId), of: journalId },
    ]);
    const told = await eventually(
      () => outcomes(exchange.port, journalId),
      ({ length }) => length > 0,
    );
    expect(told).toMatchObject([{ result: AccessResult.ACCESS_RESULT_OUTCOME_UNKNOWN }]);
    await exchange.stop();
  });

  it('asks no source and answers nothing while the journal cannot be written, and recovers', async () => {
    const exchange = await world.exchange();
    const welfare = world.client(exchange.port, WELFARE);
    const { ssin } = world.person(WELFARE);
    const request = consult(ssin);
    const cut = async () => {
      await admin.query(`alter role ${mesh.database.appRole} nologin`);
      await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [
        mesh.database.appRole,
      ]);
    };
    const mend = () => admin.query(`alter role ${mesh.database.appRole} login`);

    const answer = held();
    const during = refusalOf(welfare.consult(request, { deadlineMs: 10_000 }));
    await isAsked();
    await cut();
    answer();
    expect(await during).toMatchObject({ code: status.UNAVAILABLE, reason: 'JOURNAL_UNAVAILABLE' });

    world.wages.asked.length = 0;
    expect(await refusalOf(welfare.consult(consult(ssin), { deadlineMs: 6_000 }))).toMatchObject({
      code: status.UNAVAILABLE,
      reason: 'JOURNAL_UNAVAILABLE',
    });
    const stranger = world.person().ssin;
    expect(await refusalOf(welfare.consult(consult(stranger), { deadlineMs: 6_000 }))).toMatchObject({
      code: status.UNAVAILABLE,
      reason: 'QUOTAS_UNAVAILABLE',
    });
    expect(world.wages.asked).toEqual([]);
    await eventually(
      () => exchange.isReady(),
      (ready) => !ready,
    );

    await mend();
    await eventually(
      () => exchange.isReady(),
      (ready) => ready,
    );
    world.wages.supply = sound;
    const { ticket, results } = await welfare.consult(request);
    expect(results).toMatchObject([{ status: ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND }]);
    await eventually(
      async () =>
        (await journal(exchange.port))
          .filter(({ type }) => type.endsWith('.concluded'))
          .map(({ data }) => AccessOutcome.decode(AccessConcluded.decode(data).outcome))
          .findLast((outcome) => outcome.ticket === ticket),
      (last) => last?.result === AccessResult.ACCESS_RESULT_ANSWERED,
    );
    await exchange.stop();
  });

  it('finishes what is in flight when it stops', async () => {
    const exchange = await world.exchange();
    const welfare = world.client(exchange.port, WELFARE);
    const answer = held();
    const call = welfare.consult(consult(world.person(WELFARE).ssin), { deadlineMs: 8_000 });
    await isAsked();
    const stopping = exchange.stop();
    answer();
    expect((await call).results).toMatchObject([{ status: ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND }]);
    await stopping;
    const { rows } = await admin.query('select instance_id from exchange_instances where gone_since is null');
    expect(rows).toEqual([]);
  });

  it('stops asking the source when the caller leaves, and closes the access without an outcome', async () => {
    const exchange = await world.exchange();
    const welfare = world.client(exchange.port, WELFARE);
    const { ssin, personId } = world.person(WELFARE);
    let stopped = false;
    world.wages.supply = async (request, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      stopped = true;
      return sound(request, signal);
    };
    const leaving = new AbortController();
    const left = refusalOf(welfare.consult(consult(ssin), { deadlineMs: 100_000, signal: leaving.signal }));
    await isAsked();
    leaving.abort();
    expect(await left).toMatchObject({ code: status.CANCELLED });
    await eventually(
      () => stopped,
      (so) => so,
    );
    const closed = await eventually(
      async () =>
        (await journal(exchange.port))
          .filter(({ type }) => type.endsWith('.concluded'))
          .map(({ data }) => AccessConcluded.decode(data))
          .filter((one) => one.personId === personId),
      ({ length }) => length > 0,
    );
    expect(closed.map(({ outcome }) => AccessOutcome.decode(outcome))).toMatchObject([
      { result: AccessResult.ACCESS_RESULT_OUTCOME_UNKNOWN, ticket: world.wages.asked[0]?.ticket },
    ]);
    await exchange.stop();
  });

  it('refuses when authorization has been silent for five seconds, and recovers', async () => {
    const exchange = await world.exchange();
    const welfare = world.client(exchange.port, WELFARE);
    const { ssin } = world.person(WELFARE);
    mesh.policy.silent = true;
    const refused = await eventually(
      () => welfare.consult(consult(ssin)).catch((error: unknown) => error),
      (answer) => answer instanceof RemoteError && answer.reason === 'POLICY_STALE',
    );
    expect(refused).toMatchObject({ code: status.UNAVAILABLE });
    mesh.policy.silent = false;
    await eventually(
      () => welfare.consult(consult(ssin)).catch((error: unknown) => error),
      (answer) => !(answer instanceof Error),
    );
    await exchange.stop();
  });
});
