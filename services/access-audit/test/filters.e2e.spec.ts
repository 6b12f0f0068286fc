import { randomUUID } from 'node:crypto';
import { AccessKind, AccessResult } from '@crossroads/contracts/access/v1/access_record';
import { OwnDataLooked } from '@crossroads/contracts/access/v1/events';
import { type Access, AccessFilter, AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import { FiguresServiceService, type MonthlyFigures } from '@crossroads/contracts/audit/v1/figures_service';
import { type Database, openDatabase } from '@crossroads/database';
import { eventually, refusalOf } from '@crossroads/testing';
import { type ServiceProcess, TestMesh, type TestPublisher } from '@crossroads/testing/mesh';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import {
  type Access as Looked,
  access,
  concluded,
  delivered,
  inscribed,
  intended,
  OTHER,
  refused,
  SERVICE,
  someone,
} from './accesses.js';
import { type AuditClient, BAKERY, PORTAL, WELFARE, World } from './world.js';

/** Concluded at once. */
const answered = (one: Looked) => concluded(one, AccessResult.ACCESS_RESULT_ANSWERED, '', 1n);

const PERSON_TOPIC = 'crossroads.person.v1';

describe('of a list of accesses', () => {
  let mesh: TestMesh;
  let world: World;
  let registry: TestPublisher;
  let running: ServiceProcess;
  let portal: AuditClient;
  let db: Database;
  let counter = 200;

  beforeAll(async () => {
    mesh = await TestMesh.start('access-audit');
    world = await World.create(mesh);
    registry = await mesh.publisher('person-registry', PERSON_TOPIC, PERSON_TOPIC);
    running = await mesh.startProcess();
    db = await openDatabase({ url: mesh.database.adminUrl, poolSize: 1 });
    portal = world.client(running, PORTAL);
  }, 120_000);
  afterAll(async () => {
    await db.close();
    await mesh.stop();
  }, 60_000);

  const citizen = () => {
    const person = someone(++counter);
    world.directory.put(person);
    return person;
  };
  type Person = ReturnType<typeof citizen>;
  const bearer = async (person: Person) => ({
    metadata: { authorization: `Bearer ${await world.token(person.ssin)}` },
  });
  const list = async (
    person: Person,
    filter: Partial<AccessFilter> = {},
    { pageSize = 0, pageToken = '', withoutOwn = true } = {},
  ) =>
    portal.listAccesses(
      { pageSize, pageToken, withoutOwn, enterpriseNumber: '', filter: AccessFilter.fromPartial(filter) },
      await bearer(person),
    );
  const ids = async (person: Person, filter: Partial<AccessFilter>) =>
    (await list(person, filter)).accesses.map(({ journalId }) => journalId);
  const until = (person: Person, count: number): Promise<readonly Access[]> =>
    eventually(
      async () => (await list(person)).accesses,
      (all) => all.length === count && all.every((one) => one.concluded),
    );

  it('those that fit each part of a filter are shown, and no other', async () => {
    const person = citizen();
    const at = (day: number) => new Date(Date.UTC(2026, 1, day, 12));
    const [consulted, turnedAway, sent, other] = [
      access(person, { time: at(1) }),
      access(person, { time: at(2) }),
      access(person, { time: at(3) }),
      access(person, { time: at(4), dataService: OTHER }),
    ];
    await world.exchange.append(answered(consulted));
    await world.exchange.append(refused(turnedAway, 'NOT_INSCRIBED'));
    await world.subscription.append(delivered(sent));
    await world.exchange.append(answered(other));
    await until(person, 4);

    const all = [other, sent, turnedAway, consulted].map(({ journalId }) => journalId);
    expect(await ids(person, {})).toEqual(all);
    expect(await ids(person, { customer: WELFARE, legalContext: 'PCSA:SOCIAL_INQUIRY' })).toEqual(all);
    expect(await ids(person, { customer: BAKERY })).toEqual([]);
    expect(await ids(person, { legalContext: 'PCSA:LIVING_WAGE' })).toEqual([]);
    expect(await ids(person, { dataService: OTHER })).toEqual([other.journalId]);
    expect(await ids(person, { result: AccessResult.ACCESS_RESULT_REFUSED })).toEqual([turnedAway.journalId]);
    expect(await ids(person, { kinds: [AccessKind.ACCESS_KIND_DELIVERY] })).toEqual([sent.journalId]);
    expect(await ids(person, { kinds: [AccessKind.ACCESS_KIND_CONSULTATION], dataService: SERVICE })).toEqual([
      turnedAway.journalId,
      consulted.journalId,
    ]);
    const day = (n: number) => ({ year: 2026, month: 2, day: n });
    expect(await ids(person, { period: { startDate: day(2), endDate: day(3) } })).toEqual([
      sent.journalId,
      turnedAway.journalId,
    ]);
    expect(await ids(person, { period: { startDate: day(5), endDate: undefined } })).toEqual([]);
  });

  it('days turn in Brussels', async () => {
    const person = citizen();
    const late = access(person, { time: new Date('2026-06-30T22:30:00Z') });
    await world.exchange.append(answered(late));
    await until(person, 1);
    const july = { startDate: { year: 2026, month: 7, day: 1 }, endDate: { year: 2026, month: 7, day: 1 } };
    expect(await ids(person, { period: july })).toEqual([late.journalId]);
  });

  it('a page under a filter ends after 500 records, with a token for the rest', async () => {
    const person = citizen();
    const oldest = access(person, { time: new Date(Date.UTC(2025, 0, 1)) });
    await world.exchange.append(answered(oldest));
    const many = Array.from({ length: 520 }, () => access(person));
    for (let from = 0; from < many.length; from += 40)
      await Promise.all(many.slice(from, from + 40).map((one) => world.exchange.append(refused(one, 'NOT_INSCRIBED'))));
    const onlyAnswered = { result: AccessResult.ACCESS_RESULT_ANSWERED };
    const walk = async () => {
      const pages: number[] = [];
      for (let pageToken = ''; ; ) {
        const page = await list(person, onlyAnswered, { pageToken });
        pages.push(page.accesses.length);
        pageToken = page.nextPageToken;
        if (pageToken === '') return pages;
      }
    };
    expect(await eventually(walk, (pages) => pages.length === 2, 60_000)).toEqual([0, 1]);
  }, 90_000);

  it('pages of a filter have each line once, and their token belongs to that filter', async () => {
    const person = citizen();
    const some = Array.from({ length: 7 }, () => access(person));
    for (const [n, one] of some.entries())
      await world.exchange.append(n % 2 === 0 ? refused(one, 'NOT_INSCRIBED') : answered(one));
    await until(person, 7);
    const filter = { result: AccessResult.ACCESS_RESULT_REFUSED };
    const seen: string[] = [];
    let pageToken = '';
    do {
      const page = await list(person, filter, { pageSize: 3, pageToken });
      seen.push(...page.accesses.map(({ journalId }) => journalId));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(seen.toSorted()).toEqual(
      some
        .filter((_, n) => n % 2 === 0)
        .map(({ journalId }) => journalId)
        .toSorted(),
    );
    const { nextPageToken } = await list(person, filter, { pageSize: 1 });
    for (const wrong of [{}, { result: AccessResult.ACCESS_RESULT_ANSWERED }])
      expect(await refusalOf(list(person, wrong, { pageSize: 1, pageToken: nextPageToken }))).toMatchObject({
        metadata: { field: 'page_token', rule: 'PAGE_TOKEN_OF_ANOTHER_LIST' },
      });
  });

  it.each<[string, Partial<AccessFilter>]>([
    ['filter.customer', { customer: '0884303370' }],
    ['filter.legal_context', { legalContext: 'social inquiry' }],
    [
      'filter.period.end_date',
      { period: { startDate: { year: 2026, month: 2, day: 1 }, endDate: { year: 2026, month: 1, day: 1 } } },
    ],
    ['filter.kinds[0]', { kinds: [99 as AccessKind] }],
    ['filter.result', { result: 99 as AccessResult }],
  ])('a filter is refused with the field that is wrong: %s', async (field, filter) => {
    expect(await refusalOf(list(citizen(), filter))).toMatchObject({ reason: 'INVALID_INPUT', metadata: { field } });
  });

  describe('one line', () => {
    const get = async (person: Person, journalId: string, token?: string) =>
      portal.getAccess(
        { journalId, enterpriseNumber: '' },
        token === undefined ? await bearer(person) : { metadata: { authorization: `Bearer ${token}` } },
      );

    it('is shown to its person, whole, in the look of the token', async () => {
      const person = citizen();
      const one = access(person);
      await world.exchange.append(answered(one));
      const [line] = await until(person, 1);
      const before = (await list(person, {}, { withoutOwn: false })).accesses.length;
      const token = await world.token(person.ssin);
      for (let n = 0; n < 3; n++) expect(await get(person, one.journalId, token)).toEqual({ access: line });
      // The look of `list` above, and that of the token.
      expect((await list(person, {}, { withoutOwn: false })).accesses).toHaveLength(before + 2);
    });

    it('of somebody else gets the same answer, byte for byte, as one that does not exist', async () => {
      const [person, stranger] = [citizen(), citizen()];
      const theirs = access(stranger);
      await world.exchange.append(answered(theirs));
      await until(stranger, 1);
      const tls = world.certificate(PORTAL);
      const [ca, key, cert] = [tls.ca, tls.key, tls.cert].map((file) => readFileSync(file));
      const raw = new Client(`localhost:${running.institutionsPort}`, credentials.createSsl(ca ?? null, key, cert), {
        'grpc.ssl_target_name_override': 'access-audit',
      });
      const token = await world.token(person.ssin);
      const answerTo = (journalId: string) =>
        new Promise<unknown>((resolve, reject) => {
          const metadata = new Metadata();
          metadata.set('authorization', `Bearer ${token}`);
          const { path, requestSerialize } = AuditServiceService.getAccess;
          const identity = (bytes: Buffer) => bytes;
          const bytes = requestSerialize({ journalId, enterpriseNumber: '' });
          raw.makeUnaryRequest(path, identity, identity, bytes, metadata, (error: ServiceError | null) => {
            if (error === null) return reject(new Error('it was answered'));
            const { 'grpc-status-details-bin': details } = error.metadata.getMap();
            resolve({ code: error.code, details: error.details, status: details?.toString('hex') });
          });
        });
      const [other, nothing] = [await answerTo(theirs.journalId), await answerTo(randomUUID())];
      raw.close();
      expect(other).toMatchObject({ code: status.NOT_FOUND });
      expect(other).toEqual(nothing);
      expect(await refusalOf(get(person, theirs.journalId))).toMatchObject({ reason: 'RESOURCE_NOT_FOUND' });
      expect(await get(stranger, theirs.journalId)).toMatchObject({ access: { journalId: theirs.journalId } });
    });

    it('is refused for what is no id, and for an enterprise that the person does not manage', async () => {
      const person = citizen();
      expect(await refusalOf(get(person, 'x'))).toMatchObject({ metadata: { field: 'journal_id' } });
      const request = { journalId: randomUUID(), enterpriseNumber: BAKERY };
      expect(await refusalOf(portal.getAccess(request, await bearer(person)))).toMatchObject({
        reason: 'RESOURCE_NOT_FOUND',
      });
    });
  });

  describe('a look at what a service keeps about the person', () => {
    const looked = (person: Person) =>
      OwnDataLooked.fromPartial({
        journalId: randomUUID(),
        personId: person.personId,
        peer: PORTAL,
        application: 'desk',
        ticket: randomUUID(),
        policyRevision: 7n,
      });
    const fromDirectory = (look: OwnDataLooked) => ({
      type: 'accesses.notify.looked',
      streamId: look.journalId,
      revision: 1n,
      key: look.journalId,
      routingKey: look.personId,
      data: OwnDataLooked.encode(look).finish(),
    });
    const own = async (person: Person) =>
      (await list(person, { kinds: [AccessKind.ACCESS_KIND_SELF_CONSULTATION] }, { withoutOwn: false })).accesses;

    it('is a line that names the service, and is left out with the own ones', async () => {
      const person = citizen();
      const [atDirectory, atRegistry] = [looked(person), looked(person)];
      await world.inscriptions.append(fromDirectory(atDirectory));
      await registry.append({
        ...fromDirectory(atRegistry),
        type: 'persons.notify.looked',
        key: person.personId,
      });
      const lines = await eventually(
        () => own(person),
        (all) => all.filter(({ ownDataOf }) => ownDataOf !== 'access-audit').length === 2,
      );
      const named = new Map(lines.map((line) => [line.ownDataOf, line]));
      expect([...named.keys()].toSorted()).toEqual(['access-audit', 'person-registry', 'reference-directory']);
      expect(named.get('reference-directory')).toMatchObject({
        journalId: atDirectory.journalId,
        peer: PORTAL,
        application: 'desk',
        customer: '',
        concluded: true,
      });
      expect(named.get('person-registry')).toMatchObject({ journalId: atRegistry.journalId });
      expect((await list(person)).accesses).toEqual([]);
    });

    it('is not taken from a service that shows persons nothing', async () => {
      const person = citizen();
      await world.exchange.append(fromDirectory(looked(person)));
      const parked = await eventually(
        () => db.query<{ reason: string }>('select reason from parked'),
        ({ length }) => length > 0,
      );
      expect(parked).toEqual([{ reason: 'UNREADABLE' }]);
      expect((await own(person)).filter(({ ownDataOf }) => ownDataOf !== 'access-audit')).toEqual([]);
    });
  });

  describe('the figures', () => {
    const figures = (who: string) => mesh.connect(FiguresServiceService, running.port, world.certificate(who));
    const march = { year: 2026, month: 3 };
    const all = { from: undefined, to: undefined, customer: '', pageSize: 0, pageToken: '' };
    const ofMarch = async (): Promise<readonly MonthlyFigures[]> =>
      (await figures(PORTAL).listMonthlyFigures({ ...all, from: march, to: march })).figures;

    it('count each line once, by institution and month, without a citizen’s token', async () => {
      const person = citizen();
      const time = new Date('2026-03-15T12:00:00Z');
      const [begun, again] = [access(person, { time }), answered(access(person, { time }))];
      await world.exchange.append(intended(begun));
      await world.exchange.append(concluded(begun));
      await world.exchange.append(again);
      await world.exchange.append(refused(access(person, { time }), 'NOT_INSCRIBED'));
      await world.subscription.append(delivered(access(person, { time })));
      // In March by the clock of Brussels.
      await world.exchange.append(answered(access(person, { time: new Date('2026-02-28T23:30:00Z') })));
      // Nobody's: in no list.
      await world.exchange.append(refused(access({ ...person, personId: '' }, { time }), 'UNKNOWN_SSIN'));
      await until(person, 5);
      expect(await ofMarch()).toEqual([
        {
          month: march,
          customer: WELFARE,
          customerName: `Institution ${WELFARE}`,
          consultations: 4n,
          refusedConsultations: 1n,
          deliveries: 1n,
          inscriptions: 0n,
        },
      ]);
    });

    it('count inscriptions, come newest month first, and by pages', async () => {
      const person = citizen();
      await world.inscriptions.append(inscribed([person], { inscription: undefined }));
      await until(person, 1);
      const client = figures(PORTAL);
      const whole = (await client.listMonthlyFigures(all)).figures;
      expect(whole.map(({ month }) => (month?.year ?? 0) * 12 + (month?.month ?? 0))).toEqual(
        whole.map(({ month }) => (month?.year ?? 0) * 12 + (month?.month ?? 0)).toSorted((a, b) => b - a),
      );
      expect(whole.reduce((sum, one) => sum + one.inscriptions, 0n)).toBe(1n);
      const paged: MonthlyFigures[] = [];
      let pageToken = '';
      do {
        const page = await client.listMonthlyFigures({ ...all, pageSize: 1, pageToken });
        paged.push(...page.figures);
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      expect(paged).toEqual(whole);
      expect((await client.listMonthlyFigures({ ...all, customer: BAKERY })).figures).toEqual([]);
      const { nextPageToken } = await client.listMonthlyFigures({ ...all, pageSize: 1 });
      expect(
        await refusalOf(client.listMonthlyFigures({ ...all, customer: WELFARE, pageToken: nextPageToken })),
      ).toMatchObject({ metadata: { rule: 'PAGE_TOKEN_OF_ANOTHER_LIST' } });
      expect(await refusalOf(client.listMonthlyFigures({ ...all, from: { year: 2026, month: 13 } }))).toMatchObject({
        metadata: { field: 'from' },
      });
    });

    it('are refused to who is no portal', async () => {
      expect(await refusalOf(figures(WELFARE).listMonthlyFigures(all))).toMatchObject({
        code: status.PERMISSION_DENIED,
        reason: 'RIGHT_MISSING',
      });
    });
  });
});
