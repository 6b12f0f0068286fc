import { OwnDataLooked } from '@crossroads/contracts/access/v1/events';
import { CitizenServiceService } from '@crossroads/contracts/person/v1/citizen_service';
import { newRequestId } from '@crossroads/grpc';
import { eventually, refusalOf } from '@crossroads/testing';
import { allPublished } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { livesIn, named, nextNumber } from './persons.js';
import { MUNICIPALITY, NATIONAL_REGISTER, PORTAL, RunningRegistry } from './running-registry.js';

const DAY_MS = 86_400_000;

describe('what the registry keeps about a person', () => {
  let registry: RunningRegistry;
  let asRegister: ReturnType<RunningRegistry['as']>;
  let db: pg.Client;

  beforeAll(async () => {
    registry = await RunningRegistry.prepare();
    await registry.startInProcess();
    asRegister = registry.as(NATIONAL_REGISTER);
    db = new pg.Client(registry.database.adminUrl);
    await db.connect();
  }, 90_000);
  afterAll(async () => {
    await db.end();
    await registry.close();
  }, 30_000);

  const register = async (familyName: string, ...more: ReturnType<typeof livesIn>[]) => {
    const ssin = nextNumber();
    await asRegister.registerPerson({ requestId: newRequestId(), ssin, facts: [named(familyName), ...more] });
    return ssin;
  };
  const asPortal = () => registry.connect(CitizenServiceService, PORTAL);
  const get = async (ssin: string) => asPortal().getOwnPerson({}, await registry.citizen(ssin));
  /** The looks that access-audit reads, of all persons. */
  const looks = async () =>
    (await allPublished(registry.eventsAs('access-audit'), 'crossroads.person.v1'))
      .filter(({ event }) => event?.type === 'crossroads.person.v1.persons.notify.looked')
      .map(({ event }) => OwnDataLooked.decode(event?.data ?? Buffer.alloc(0)));
  const stored = async () =>
    (await db.query<{ count: number }>(`select count(*)::int from es.events where type = 'OwnDataLooked'`)).rows[0]
      ?.count ?? 0;
  const summary = ({ facts }: Awaited<ReturnType<typeof get>>) =>
    facts.map(({ fact, reporter }) => [fact?.fact?.$case, fact?.period?.startDate?.year, reporter]);

  it('is each fact with its period, since when it is known, and who reported it', async () => {
    const before = Date.now();
    const ssin = await register('Peeters', livesIn('Oude Markt', '2019-01-01'));
    await registry.as(MUNICIPALITY).changePerson({
      requestId: newRequestId(),
      ssin,
      facts: [livesIn('Naamsestraat', '2024-05-01')],
      expectedSourceRevision: 0n,
    });
    const answer = await get(ssin);
    expect(answer).toMatchObject({ ssin, replacedSsins: [] });
    expect(summary(answer)).toEqual([
      ['name', undefined, NATIONAL_REGISTER],
      ['address', 2024, MUNICIPALITY],
      ['address', 2019, NATIONAL_REGISTER],
    ]);
    const [, , old] = answer.facts;
    expect(old?.fact).toMatchObject({
      period: { startDate: { year: 2019, month: 1, day: 1 }, endDate: { year: 2024, month: 4, day: 30 } },
      fact: { $case: 'address', value: { street: 'Oude Markt' } },
    });
    for (const { recordedTime } of answer.facts) expect(recordedTime?.getTime()).toBeGreaterThanOrEqual(before - 1_000);
  });

  it('has the reporter also of a person with many reports, who is read from a snapshot', async () => {
    const ssin = await register('Peeters');
    for (let year = 2001; year <= 2008; year++)
      await registry.as(MUNICIPALITY).changePerson({
        requestId: newRequestId(),
        ssin,
        facts: [livesIn(`Straat ${year}`, `${year}-01-01`)],
        expectedSourceRevision: 0n,
      });
    for (let n = 0; n < 3; n++) {
      const addresses = summary(await get(ssin)).filter(([group]) => group === 'address');
      expect(addresses.map(([, year]) => year)).toEqual([2008, 2007, 2006, 2005, 2004, 2003, 2002, 2001]);
      expect(new Set(addresses.map(([, , reporter]) => reporter))).toEqual(new Set([MUNICIPALITY]));
    }
  });

  it('is published as a look of its person, once for each token', async () => {
    const ssin = await register('Peeters');
    const token = await registry.citizen(ssin);
    const known = (await looks()).length;
    for (let n = 0; n < 3; n++) await asPortal().getOwnPerson({}, token);
    await get(ssin);
    const published = (await eventually(looks, ({ length }) => length >= known + 2)).slice(-2);
    expect(published).toMatchObject([
      { peer: PORTAL, application: 'desk' },
      { peer: PORTAL, application: 'desk' },
    ]);
    expect(new Set(published.map(({ journalId }) => journalId)).size).toBe(2);
    expect(new Set(published.map(({ personId }) => personId)).size).toBe(1);
    expect(await looks()).toHaveLength(known + 2);
    const { rows } = await db.query<{ data: unknown }>(`select data from es.events where type = 'OwnDataLooked'`);
    expect(JSON.stringify(rows)).not.toContain(ssin);
  });

  it('is not shown while its log takes no look', async () => {
    const ssin = await register('Peeters');
    await get(ssin);
    const before = await stored();
    const holder = new pg.Client(registry.database.adminUrl);
    await holder.connect();
    await holder.query('begin');
    await holder.query('lock table es.events in exclusive mode');
    const token = await registry.citizen(ssin);
    const call = asPortal().getOwnPerson({}, { ...token, deadlineMs: 1_500 });
    expect(await refusalOf(call)).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await holder.query('rollback');
    await holder.end();
    // The same token: whether the first call has come through meanwhile or not, it is one look.
    expect(await asPortal().getOwnPerson({}, token)).toMatchObject({ ssin });
    expect(await stored()).toBe(before + 1);
  });

  it('of persons who became one is shown apart for 30 days, and as one then', async () => {
    const [a, b] = [await register('Peeters'), await register('Wouters')];
    await registry.merge(a, b);
    const names = async (ssin: string): Promise<unknown[]> =>
      (await get(ssin)).facts.map(({ fact }) => fact?.fact?.$case === 'name' && fact.fact.value.familyNames[0]);
    expect([await names(a), await names(b)]).toEqual([['Peeters'], ['Wouters']]);
    expect(await get(a)).toMatchObject({ ssin: a, replacedSsins: [] });
    expect(await get(b)).toMatchObject({ ssin: b, replacedSsins: [] });
    registry.clock.turn(31 * DAY_MS);
    for (const ssin of [a, b]) expect(new Set(await names(ssin))).toEqual(new Set(['Peeters', 'Wouters']));
    for (const ssin of [a, b]) expect(await get(ssin)).toMatchObject({ ssin: b, replacedSsins: [a] });
  }, 30_000);

  it('has the number that was replaced', async () => {
    const [ssin, other] = [await register('Peeters'), nextNumber()];
    await registry.replace(ssin, other);
    for (const one of [ssin, other]) expect(await get(one)).toMatchObject({ ssin: other, replacedSsins: [ssin] });
  });

  it('is not shown for a token of another service, a changed one, or of nobody, and no look is recorded', async () => {
    const ssin = await register('Peeters');
    const before = await stored();
    const wrong = [
      [{ aud: 'urn:crossroads:access-audit' }, 'TOKEN_AUDIENCE'],
      [{ exp: Math.floor(registry.clock.now().getTime() / 1_000) - 30 }, 'TOKEN_EXPIRED'],
      [{ cnf: { 'x5t#S256': 'another' } }, 'TOKEN_NOT_BOUND'],
    ] as const;
    for (const [claims, reason] of wrong)
      expect(
        await refusalOf(registry.citizen(ssin, { claims }).then((token) => asPortal().getOwnPerson({}, token))),
      ).toMatchObject({ code: status.UNAUTHENTICATED, reason });
    expect(await refusalOf(asPortal().getOwnPerson({}))).toMatchObject({ reason: 'TOKEN_MISSING' });
    expect(await refusalOf(get(nextNumber()))).toMatchObject({ reason: 'UNKNOWN_SSIN' });
    const asOther = registry.connect(CitizenServiceService, MUNICIPALITY);
    expect(await refusalOf(asOther.getOwnPerson({}, await registry.citizen(ssin)))).toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: 'RIGHT_MISSING',
    });
    expect(await stored()).toBe(before);
  });
});
