import { Clock } from '@crossroads/configuration';
import { newRequestId, type RemoteError } from '@crossroads/grpc';
import { eventually, refusalOf } from '@crossroads/testing';
import { type InProcessService, TestMesh } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import { consult, deliberation, EMPLOYMENT, type ExchangeClient, FUND, WAGES, WELFARE, World } from './world.js';

const HOUR = 3_600_000;
/** In Brussels 23:30 in winter. */
const EVENING = Date.parse('2026-01-15T22:30:00Z');

describe('the quota of an institution', () => {
  let mesh: TestMesh;
  let world: World;
  let now: Date;
  let days = 0;
  let exchanges: InProcessService[];
  let clients: ExchangeClient[];

  beforeAll(async () => {
    mesh = await TestMesh.start('exchange');
    world = await World.create(mesh);
    world.now = () => now;
    mesh.policy.put({
      $case: 'deliberation',
      value: deliberation(FUND, [{ dataService: WAGES, fieldGroups: ['employer'] }]),
    });
    for (const [enterpriseNumber, consulted, misses] of [
      [FUND, 6, 4],
      [EMPLOYMENT, 0, 3],
    ] as const)
      mesh.policy.put({
        $case: 'inscriptionGrant',
        value: {
          enterpriseNumber,
          inscriptionContexts: [],
          earlierStarts: false,
          dailyPersons: { consulted, inscribed: 0, misses },
        },
      });
    exchanges = [await start(), await start()];
    clients = exchanges.map(({ port }) => world.client(port, FUND));
    await eventually(
      async () => (await refusalOf(first().consult(consult(world.person().ssin)))).reason,
      (reason) => reason === 'PERSON_NOT_AVAILABLE',
    );
  });
  afterAll(() => mesh.stop());
  beforeEach(() => {
    // A day that no other test has had.
    now = new Date(EVENING + 24 * HOUR * ++days);
  });

  const start = () => {
    now ??= new Date(EVENING);
    const override: NonNullable<Parameters<TestMesh['startInProcess']>[2]>['override'] = (builder) =>
      builder.overrideProvider(Clock).useValue({ now: () => now });
    return mesh.startInProcess(service, AppModule, { override });
  };
  const first = (): ExchangeClient => {
    const [client] = clients;
    if (!client) throw new Error('no exchange runs');
    return client;
  };
  /** How each call ends; the clients take turns. */
  const ends = async (persons: readonly string[], by: readonly ExchangeClient[]): Promise<string[]> => {
    const answers: string[] = [];
    for (const [index, ssin] of persons.entries())
      answers.push(
        await (by[index % by.length] ?? first()).consult(consult(ssin)).then(
          () => 'answered',
          (error: RemoteError) => error.reason,
        ),
      );
    return answers;
  };
  const times = (count: number, what: string): string[] => Array.from({ length: count }, () => what);
  const people = (count: number, ...inscribed: readonly string[]) =>
    Array.from({ length: count }, () => world.person(...inscribed).ssin);

  it('counts persons whom it consults, by all processes together, and not calls', async () => {
    const persons = people(8, FUND);
    expect(
      await ends(
        persons.slice(0, 3).flatMap((one) => [one, one, one]),
        [first()],
      ),
    ).toEqual(times(9, 'answered'));
    const [, other] = clients;
    const more = await ends(persons.slice(3), [other ?? first()]);
    expect(more).toEqual([...times(3, 'answered'), ...times(2, 'QUOTA_EXHAUSTED')]);
    const error = await refusalOf(first().consult(consult(persons[7] ?? '')));
    expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED, reason: 'QUOTA_EXHAUSTED' });
    // Who was counted stays within it, and others have their own.
    expect(await ends(persons.slice(0, 3), [first()])).toEqual(times(3, 'answered'));
    const welfare = exchanges.map(({ port }) => world.client(port, WELFARE));
    expect(await ends(people(8, WELFARE), welfare)).toEqual(times(8, 'answered'));
  });

  it('counts the numbers that were not available, apart from the others', async () => {
    const strangers = people(6);
    expect(
      await ends(
        strangers.flatMap((one) => [one, one]),
        [first()],
      ),
    ).toEqual([...times(8, 'PERSON_NOT_AVAILABLE'), ...times(4, 'QUOTA_EXHAUSTED')]);
    expect(await ends(people(2, FUND), [first()])).toEqual(times(2, 'answered'));
  });

  it('counts them for reporters as well', async () => {
    const employment = world.client(exchanges[0]?.port ?? 0, EMPLOYMENT);
    const report = (ssin: string) =>
      refusalOf(
        employment.reportMutation({
          requestId: newRequestId(),
          reporter: '',
          ssin,
          dataService: WAGES,
          sourceRevision: 1n,
          changedFieldGroups: ['amount'],
          data: { wages: [{ amount: '1.00' }] },
          effectiveDate: { year: 2026, month: 1, day: 1 },
        }),
      );
    const reasons: string[] = [];
    for (const ssin of people(5)) reasons.push((await report(ssin)).reason);
    expect(reasons).toEqual([...times(3, 'PERSON_NOT_AVAILABLE'), ...times(2, 'QUOTA_EXHAUSTED')]);
  });

  it('is not exceeded by calls at once', async () => {
    const by = (index: number) => clients[index % clients.length] ?? first();
    const answers = await Promise.all(
      people(40, FUND).map((ssin, index) =>
        by(index)
          .consult(consult(ssin))
          .then(
            () => 'answered',
            (error: RemoteError) => error.reason,
          ),
      ),
    );
    expect(answers.filter((answer) => answer === 'answered')).toHaveLength(6);
    expect(answers.filter((answer) => answer === 'QUOTA_EXHAUSTED')).toHaveLength(34);
  });

  it('does not begin anew with a process', async () => {
    expect(await ends(people(4, FUND), clients)).toEqual(times(4, 'answered'));
    const third = await start();
    const answers = await ends(people(4, FUND), [world.client(third.port, FUND)]);
    await third.stop();
    // What a process had leased and not used is left to it.
    expect(answers.at(-1)).toBe('QUOTA_EXHAUSTED');
    expect(answers.filter((answer) => answer === 'answered').length).toBeLessThanOrEqual(2);
  });

  it('begins anew at midnight in Brussels', async () => {
    const persons = people(9, FUND);
    expect(await ends(persons.slice(0, 7), [first()])).toEqual([...times(6, 'answered'), 'QUOTA_EXHAUSTED']);
    now = new Date(now.getTime() + 20 * 60_000);
    expect(await ends(persons.slice(7, 8), [first()])).toEqual(['QUOTA_EXHAUSTED']);
    now = new Date(now.getTime() + 20 * 60_000);
    days++;
    expect(await ends(persons.slice(0, 7), [first()])).toEqual([...times(6, 'answered'), 'QUOTA_EXHAUSTED']);
  });
});
