import { Clock } from '@crossroads/configuration';
import { Ask, type Behind } from '@crossroads/contracts/access/v1/access_record';
import { AccessConcluded } from '@crossroads/contracts/access/v1/events';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { newRequestId } from '@crossroads/grpc';
import { eventually, refusalOf } from '@crossroads/testing';
import {
  ALL_RIGHTS,
  allPublished,
  type InProcessService,
  signedRequest,
  spkiHash,
  TestMesh,
} from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import { releasesIn } from './releases.js';
import { type ExchangeClient, consult, INTEGRATOR, WAGES, WELFARE, World } from './world.js';

const MINUTE_MS = 60_000;
const REUSED = { code: status.ALREADY_EXISTS, reason: 'REQUEST_ID_REUSED' };

describe('a repeated consultation', () => {
  let mesh: TestMesh;
  let world: World;
  let exchange: InProcessService;
  let welfare: ExchangeClient;
  let later = 0;

  beforeAll(async () => {
    mesh = await TestMesh.start('exchange');
    world = await World.create(mesh);
    world.now = () => new Date(Date.now() + later);
    const clock = new Clock();
    clock.now = () => new Date(Date.now() + later);
    exchange = await mesh.startInProcess(service, AppModule, {
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    welfare = world.client(exchange.port, WELFARE);
  });
  afterAll(() => mesh.stop());
  beforeEach(() => {
    later = 0;
  });

  /** By ticket: what is behind what the journal published about a person. */
  const recordsOf = async (personId: string, count: number): Promise<ReadonlyMap<string, Behind>> => {
    const events = mesh.connect(EventsServiceService, exchange.port, await mesh.serviceCertificate('access-audit'));
    const told = await eventually(
      async () =>
        (await allPublished(events, 'crossroads.access.exchange.v1'))
          .map(({ event }) => event)
          .filter(({ data }) => AccessConcluded.decode(data).personId === personId),
      ({ length }) => length >= count,
    );
    events.close();
    expect(new Set(told.map(({ key }) => key)).size).toBe(count);
    return new Map(told.flatMap(releasesIn).map(({ behind }) => [behind.ticket, behind]));
  };

  it('is another release, whose ticket and record are its own and name the first', async () => {
    const { ssin, personId } = world.person(WELFARE);
    const request = consult(ssin);
    const first = await welfare.consult(request);
    const second = await welfare.consult(request);
    later = 10 * MINUTE_MS - 5_000;
    const third = await welfare.consult(request);
    const references = world.wages.asked.slice(-3).map(({ ask }) => Ask.decode(ask).reference.toString('hex'));
    expect(new Set(references).size).toBe(3);
    const records = await recordsOf(personId, 3);
    expect([first, second, third].map(({ ticket }) => records.get(ticket)?.repeatOf)).toEqual([
      '',
      first.ticket,
      first.ticket,
    ]);
  });

  it('is another release also when it comes at the same time', async () => {
    const { ssin, personId } = world.person(WELFARE);
    const request = consult(ssin);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => welfare.consult(request, { deadlineMs: 30_000 })),
    );
    const records = await recordsOf(personId, 8);
    const repeated = answers.flatMap(({ ticket }) => records.get(ticket)?.repeatOf || []);
    expect(repeated).toHaveLength(7);
    expect(new Set(repeated).size).toBe(1);
  });

  it('that was refused is decided again, and recorded again', async () => {
    const { ssin, personId } = world.person();
    const request = consult(ssin);
    const refused = [await refusalOf(welfare.consult(request)), await refusalOf(welfare.consult(request))];
    world.directory.put({ ssin, personId }, [[WELFARE, 'PCSA:LIVING_WAGE']]);
    const { ticket } = await welfare.consult(request);
    const tickets = [...refused.map(({ metadata }) => metadata['ticket'] ?? ''), ticket];
    const records = await recordsOf(personId, 3);
    expect(tickets.map((one) => records.get(one)?.repeatOf)).toEqual(['', tickets[0], tickets[0]]);
  });

  it('is refused after ten minutes, and nothing is asked', async () => {
    const { ssin } = world.person(WELFARE);
    const request = consult(ssin);
    await welfare.consult(request);
    const asked = world.wages.asked.length;
    later = 10 * MINUTE_MS + 1_000;
    const refusal = await refusalOf(welfare.consult(request));
    expect(refusal).toMatchObject(REUSED);
    expect(refusal.message).toContain('ten minutes');
    expect(world.wages.asked).toHaveLength(asked);
  });

  it('may come under a token that was signed anew, and is refused for another official', async () => {
    const { ssin } = world.person(WELFARE);
    const request = consult(ssin);
    await welfare.consult(request);
    const as = (official: { readonly id: string; readonly role: string }) =>
      signedRequest(request, world.certificate(WELFARE), { asker: { kind: 'official', ...official } });
    await welfare.consult(as({ id: 'a7f3', role: 'social-worker' }));
    const asked = world.wages.asked.length;
    for (const other of [as({ id: 'b8e2', role: 'social-worker' }), as({ id: 'a7f3', role: 'director' })])
      expect(await refusalOf(welfare.consult(other))).toMatchObject(REUSED);
    const software = { asker: { kind: 'application', name: 'desk' } } as const;
    expect(
      await refusalOf(welfare.consult(signedRequest(request, world.certificate(WELFARE), software))),
    ).toMatchObject(REUSED);
    expect(world.wages.asked).toHaveLength(asked);
  });

  it('is refused with another key or application, and from a representative', async () => {
    const { ssin } = world.person(WELFARE);
    const request = consult(ssin);
    await welfare.consult(request);
    const renewed = await mesh.applicationCertificate(WELFARE, { application: 'desk' });
    const batch = await mesh.applicationCertificate(WELFARE, { application: 'batch' });
    const own = spkiHash(world.certificate(WELFARE));
    const application = {
      ...ALL_RIGHTS,
      enterpriseNumber: WELFARE,
      name: 'desk',
      spkiHashes: [own, spkiHash(renewed)],
    };
    mesh.policy.put({ $case: 'application', value: application });
    mesh.policy.put({
      $case: 'application',
      value: { ...ALL_RIGHTS, enterpriseNumber: WELFARE, name: 'batch', spkiHashes: [spkiHash(batch)] },
    });
    for (const tls of [renewed, batch]) {
      const other = world.client(exchange.port, tls);
      await eventually(
        () => other.consult(consult(ssin)).catch(() => undefined),
        (answer) => answer !== undefined,
      );
      expect(await refusalOf(other.consult(request))).toMatchObject(REUSED);
    }
    const integrator = world.client(exchange.port, INTEGRATOR);
    const forWelfare = { ...request, requestId: newRequestId(), customer: WELFARE };
    await integrator.consult(forWelfare);
    expect(await refusalOf(welfare.consult(forWelfare))).toMatchObject(REUSED);
  });

  it.each([
    ['another legal context', { legalContext: 'PCSA:OTHER' }],
    ['another day', { asOfDate: { year: 2026, month: 1, day: 2 } }],
    ['fewer field groups', { dataServices: [{ dataService: WAGES, fieldGroups: ['employer'] }] }],
  ])('is refused for %s', async (_, more) => {
    const { ssin } = world.person(WELFARE);
    const request = consult(ssin);
    await welfare.consult(request);
    expect(await refusalOf(welfare.consult({ ...request, ...more }))).toMatchObject(REUSED);
    expect(await refusalOf(welfare.consult({ ...request, ssin: world.person(WELFARE).ssin }))).toMatchObject(REUSED);
  });
});
