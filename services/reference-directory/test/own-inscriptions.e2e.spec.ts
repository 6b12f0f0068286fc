import { OwnDataLooked } from '@crossroads/contracts/access/v1/events';
import { CitizenServiceService } from '@crossroads/contracts/directory/v1/citizen_service';
import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { type Database, openDatabase } from '@crossroads/database';
import { newRequestId, type TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { eventually, refusalOf } from '@crossroads/testing';
import { allPublished, SignInStandIn, type TestToken } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nextNumber } from './numbers.js';
import { type Directory, HEALTH_FUND, RunningDirectory, WELFARE_OFFICE } from './running-directory.js';

const TOPIC = 'crossroads.access.directory.v1';
const PORTAL = withCbeCheck('02080000');
const day = (year: number) => ({ year, month: 1, day: 1 });

describe('the own inscriptions of a person', () => {
  let directory: RunningDirectory;
  let asExchange: Directory;
  let signIn: SignInStandIn;
  let tls: TlsFiles;
  let db: Database;

  beforeAll(async () => {
    directory = await RunningDirectory.start();
    tls = await directory.mesh.register(PORTAL);
    signIn = await SignInStandIn.register(directory.mesh);
    asExchange = directory.as('exchange');
    db = await openDatabase({ url: directory.mesh.database.adminUrl, poolSize: 2 });
  }, 90_000);
  afterAll(async () => {
    asExchange.close();
    await db.close();
    await directory.close();
  }, 30_000);

  const somebody = async () => {
    const ssin = nextNumber();
    const personId = await directory.registry.assign(ssin);
    await eventually(
      () => check(ssin),
      ({ state }) => state === NumberState.NUMBER_STATE_VALID,
    );
    return { ssin, personId };
  };
  const check = (ssin: string) =>
    asExchange.check({ person: { by: { $case: 'ssin', value: ssin } }, institutions: [], date: undefined });
  const inscribe = async (by: string, ssin: string, inscriptionContext: string, from: number, until?: number) => {
    const as = directory.as(by);
    const period = { startDate: day(from), endDate: until === undefined ? undefined : day(until) };
    await as.inscribe({ requestId: newRequestId(), institution: '', ssin, inscriptionContext, period });
    as.close();
  };
  const asPortal = (certificate = tls) =>
    directory.mesh.connect(CitizenServiceService, directory.process.port, certificate, { deadlineMs: 20_000 });
  const token = async (ssin: string, more: Pick<TestToken, 'claims'> = {}) => {
    const portal = { enterpriseNumber: PORTAL, tls };
    const signed = await signIn.token({ ssin, service: 'reference-directory', portal, ...more });
    return { metadata: { authorization: `Bearer ${signed}` } };
  };
  const FIRST = { pageSize: 0, pageToken: '' };
  const list = async (ssin: string, page = FIRST) => asPortal().listOwnInscriptions(page, await token(ssin));
  const looks = async () => {
    const auditor = directory.certificate('access-audit');
    const events = directory.mesh.connect(EventsServiceService, directory.process.port, auditor);
    const published = await allPublished(events, TOPIC);
    events.close();
    return published
      .filter(({ event: { type } }) => type === 'crossroads.access.v1.accesses.notify.looked')
      .map(({ event: { data, key } }) => ({ ...OwnDataLooked.decode(data), key }));
  };
  const stored = async () => {
    const [row] = await db.query<{ count: number }>(`select count(*)::int from es.events where type = 'OwnDataLooked'`);
    return row?.count ?? 0;
  };

  it('are those of all institutions, also ended ones, without the number, and of nobody else', async () => {
    const [person, other] = [await somebody(), await somebody()];
    await inscribe(WELFARE_OFFICE, person.ssin, '17/2', 2015, 2019);
    await inscribe(WELFARE_OFFICE, person.ssin, '17/2', 2022);
    await inscribe(HEALTH_FUND, person.ssin, '11/2', 2020);
    await inscribe(HEALTH_FUND, other.ssin, '11/2', 2001);
    const { inscriptions, nextPageToken } = await list(person.ssin);
    expect(nextPageToken).toBe('');
    const expected = [
      [WELFARE_OFFICE, '17/2', 2015, 2019],
      [WELFARE_OFFICE, '17/2', 2022, undefined],
      [HEALTH_FUND, '11/2', 2020, undefined],
    ];
    expect(
      inscriptions.map(({ institution, inscriptionContext, period }) => [
        institution,
        inscriptionContext,
        period?.startDate?.year,
        period?.endDate?.year,
      ]),
    ).toEqual(expected);
    expect(inscriptions.map(({ ssin }) => ssin)).toEqual(['', '', '']);
    expect((await list((await somebody()).ssin)).inscriptions).toEqual([]);
  });

  it('come by pages, whose token belongs to their person', async () => {
    const [person, other] = [await somebody(), await somebody()];
    for (const context of ['17/2', '17/5', '18/1', '18/2', '21/1'])
      await inscribe(WELFARE_OFFICE, person.ssin, context, 2020);
    const contexts: string[] = [];
    const authorization = await token(person.ssin);
    let pageToken = '';
    do {
      const page = await asPortal().listOwnInscriptions({ pageSize: 2, pageToken }, authorization);
      expect(page.inscriptions.length).toBeLessThanOrEqual(2);
      contexts.push(...page.inscriptions.map(({ inscriptionContext }) => inscriptionContext));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(contexts).toEqual(['17/2', '17/5', '18/1', '18/2', '21/1']);
    const { nextPageToken } = await list(person.ssin, { pageSize: 1, pageToken: '' });
    expect(await refusalOf(list(other.ssin, { pageSize: 1, pageToken: nextPageToken }))).toMatchObject({
      metadata: { field: 'page_token', rule: 'PAGE_TOKEN_OF_ANOTHER_LIST' },
    });
  });

  it('are published as a look of the person, once for each token', async () => {
    const person = await somebody();
    const authorization = await token(person.ssin);
    for (let n = 0; n < 3; n++) await asPortal().listOwnInscriptions(FIRST, authorization);
    await list(person.ssin);
    const own = async () => (await looks()).filter(({ personId }) => personId === person.personId);
    const published = await eventually(own, ({ length }) => length >= 2);
    expect(published).toHaveLength(2);
    for (const look of published)
      expect(look).toMatchObject({ key: look.journalId, peer: PORTAL, application: 'desk' });
    const rows = await db.query(`select stream_id, data from es.events where type = 'OwnDataLooked'`);
    expect(JSON.stringify(rows)).not.toContain(person.ssin);
  });

  it('are not shown while the journal takes no look', async () => {
    const person = await somebody();
    await inscribe(WELFARE_OFFICE, person.ssin, '17/2', 2020);
    await list(person.ssin);
    const before = await stored();
    const authorization = await token(person.ssin);
    await db.transaction(async (tx) => {
      await tx.query('lock table es.events in exclusive mode');
      const call = asPortal().listOwnInscriptions(FIRST, { ...authorization, deadlineMs: 1_500 });
      expect(await refusalOf(call)).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    });
    expect((await asPortal().listOwnInscriptions(FIRST, authorization)).inscriptions).toHaveLength(1);
    expect(await stored()).toBe(before + 1);
  });

  it('are refused for a token of another service, an expired one, none, and to who is no portal, without a look', async () => {
    const { ssin } = await somebody();
    const before = await stored();
    const wrong = [
      [{ aud: 'urn:crossroads:access-audit' }, 'TOKEN_AUDIENCE'],
      [{ exp: Math.floor(Date.now() / 1_000) - 30 }, 'TOKEN_EXPIRED'],
      [{ cnf: { 'x5t#S256': 'another' } }, 'TOKEN_NOT_BOUND'],
    ] as const;
    for (const [claims, reason] of wrong) {
      const authorization = await token(ssin, { claims });
      expect(await refusalOf(asPortal().listOwnInscriptions(FIRST, authorization))).toMatchObject({
        code: status.UNAUTHENTICATED,
        reason,
      });
    }
    expect(await refusalOf(asPortal().listOwnInscriptions(FIRST))).toMatchObject({ reason: 'TOKEN_MISSING' });
    expect(await refusalOf(list(nextNumber()))).toMatchObject({ reason: 'UNKNOWN_SSIN' });
    const office = asPortal(directory.certificate(WELFARE_OFFICE));
    expect(await refusalOf(office.listOwnInscriptions(FIRST, await token(ssin)))).toMatchObject({
      code: status.UNAUTHENTICATED,
    });
    expect(await stored()).toBe(before);
  });

  it('whose process is killed between the look and the answer are a look all the same', async () => {
    const person = await somebody();
    await inscribe(WELFARE_OFFICE, person.ssin, '17/2', 2020);
    await directory.process.stop('SIGKILL');
    await directory.process.launch();
    const before = await stored();
    const authorization = await token(person.ssin);
    await db.transaction(async (tx) => {
      // Names of contexts are read after the look.
      await tx.query('lock table institution_contexts in access exclusive mode');
      const call = refusalOf(asPortal().listOwnInscriptions(FIRST, authorization));
      await eventually(stored, (count) => count === before + 1);
      await directory.process.stop('SIGKILL');
      expect(await call).toMatchObject({ code: status.UNAVAILABLE });
    });
    await directory.process.launch();
    const own = async () => (await looks()).filter(({ personId }) => personId === person.personId);
    expect(await eventually(own, ({ length }) => length > 0)).toHaveLength(1);
  }, 60_000);
});
