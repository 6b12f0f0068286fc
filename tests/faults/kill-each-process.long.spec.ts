import { AccessResult } from '@crossroads/contracts/access/v1/access_record';
import type { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import { RemoteError } from '@crossroads/grpc';
import { IDENTIFICATION, PURPOSES, SERVICES, WAGES } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recordedAccesses } from '../recorded-accesses.js';
import { citizenSees } from '../citizen.js';
import { ask } from '../databases.js';
import { startLoad, type LoadResult } from '../load.js';
import { progress, WholeMesh } from '../whole-mesh.js';
import { generatedPeople, generatedSsins } from '../people.js';
import { distinct, faultsOf, readTopic, type TopicReader } from '../topic-reader.js';

const PEOPLE = 24;
/** One person is left out of the load, for the test that looks at one access. */
const [ALONE = '', ...SSINS] = generatedSsins(PEOPLE);

let mesh: WholeMesh;

beforeAll(async () => {
  mesh = await WholeMesh.start();
  await mesh.load(() => generatedPeople(PEOPLE));
  await mesh.decide('health-fund', 'welfare-office');
  await mesh.grant('health-fund', 'wages by subscription', [
    {
      dataService: WAGES,
      fieldGroups: ['employer', 'amounts'],
      legalContexts: [PURPOSES['health-fund'].legalContext],
      inscriptionContexts: [PURPOSES['health-fund'].inscriptionContext],
      validity: { startDate: { year: 2020, month: 1, day: 1 }, endDate: undefined },
      online: false,
      subscription: true,
      withoutOfficial: false,
    },
  ]);
  await mesh.inscribe('health-fund', SSINS);
  await mesh.inscribe('welfare-office', [ALONE, ...SSINS]);
});

afterAll(() => mesh?.stop());

const contentOf = ({ content }: Delivery): string =>
  content?.$case === 'mutation' ? `${content.value.ssin} ${content.value.sourceRevision}` : `${content?.$case}`;

describe('kill -9 under load', () => {
  const subscriptionIds = new Map<string, string>();
  let reader: TopicReader;
  let result: LoadResult;
  /** For each killed process, whether consultations and changes went on after it was back. */
  const answersAgain = new Map<string, boolean>();

  /** Kills each process once under load. The tests look at what this left, and change nothing. */
  beforeAll(async () => {
    for (const dataService of [IDENTIFICATION, WAGES])
      subscriptionIds.set(dataService, (await mesh.subscribe('health-fund', dataService)).subscriptionId);
    reader = await readTopic(mesh, 'health-fund');
    const load = startLoad(mesh, SSINS, { consulters: 4, movers: 2, wages: true });
    for (const victim of [...SERVICES, ...(mesh.kafkaAbsent === undefined ? ['kafka'] : []), 'postgres']) {
      const from = performance.now();
      await mesh.local.kill(victim);
      progress(`${victim} is back after ${((performance.now() - from) / 1_000).toFixed(1)} s`);
      const before = { answered: load.result.answered.length, accepted: load.result.accepted.length };
      const again = eventually(
        () => load.result,
        ({ answered, accepted }) => answered.length > before.answered + 4 && accepted.length > before.accepted + 4,
      );
      answersAgain.set(
        victim,
        await again.then(
          () => true,
          () => false,
        ),
      );
    }
    result = await load.stop();
    progress(
      `${result.answered.length} consultations answered, ${result.accepted.length} changes accepted; not answered: ${JSON.stringify([...result.failed])}`,
    );
  }, 300_000);

  afterAll(() => reader?.close());

  const idOf = (dataService: string): string => subscriptionIds.get(dataService) ?? '';

  it('each process that is killed under load comes back by itself, and calls are answered again', () => {
    expect([...answersAgain].filter(([, answers]) => !answers)).toEqual([]);
    expect([...answersAgain.keys()]).toEqual(expect.arrayContaining([...SERVICES, 'postgres']));
  });

  it.each([IDENTIFICATION, WAGES])(
    'the mesh loses no accepted change of %s while processes are killed, and delivers none twice',
    async (dataService) => {
      const accepted = result.accepted.filter((one) => one.dataService === dataService);
      expect(accepted.length).toBeGreaterThan(0);
      await eventually(
        () => distinct(reader, idOf(dataService)).length,
        (count) => count >= accepted.length,
      );
      expect(faultsOf(reader, idOf(dataService))).toEqual([]);
      const delivered = distinct(reader, idOf(dataService)).map(contentOf);
      expect(delivered.toSorted()).toEqual(
        accepted.map(({ ssin, sourceRevision }) => `${ssin} ${sourceRevision}`).toSorted(),
      );
    },
  );

  it('each answered consultation is once in the journal and once in the access log, with its outcome', async () => {
    const tickets = result.answered.map(({ ticket }) => ticket);
    expect(await recordedAccesses(mesh, tickets)).toEqual({
      notOnceInJournal: [],
      notOnceInAudit: [],
      open: 0,
      missing: 0,
    });
  });

  it('consumers park no message when processes are killed', async () => {
    expect(await ask(mesh, 'subscription', 'select reason, count(*) from parked group by 1')).toEqual([]);
    expect(await ask(mesh, 'access_audit', 'select reason, count(*) from parked group by 1')).toEqual([]);
  });

  it('no change is accepted twice under one revision', () => {
    const times = Map.groupBy(
      result.accepted,
      ({ dataService, ssin, sourceRevision }) => `${dataService} ${ssin} ${sourceRevision}`,
    );
    expect([...times.values()].filter((same) => same.length > 1)).toEqual([]);
  });
});

describe('an exchange that dies between intent and outcome', () => {
  it('the access of an exchange that was killed is closed as outcome unknown, and its citizen sees it', async () => {
    const intents = () =>
      ask(mesh, 'exchange', `select from es.events where type = 'AccessIntended'`).then((rows) => rows.length);
    const before = await intents();
    const giveUp = new AbortController();
    // The source does not answer, so that the access stays open for as long as the source may take.
    await mesh.whileSuspended('wages-source', async () => {
      const asking = mesh
        .as('welfare-office')
        .consult(
          { ssin: ALONE, legalContext: PURPOSES['welfare-office'].legalContext, dataServices: [WAGES] },
          { signal: giveUp.signal },
        )
        .then(
          () => 'answered',
          (error: unknown) => (error instanceof RemoteError ? 'not answered' : String(error)),
        );
      await eventually(intents, (count) => count > before);
      const killed = mesh.local.kill('exchange');
      giveUp.abort();
      expect(await asking).toBe('not answered');
      await killed;
    });
    const accesses = await eventually(
      () => citizenSees(mesh, ALONE),
      (list) => list.some(({ result }) => result === AccessResult.ACCESS_RESULT_OUTCOME_UNKNOWN),
    );
    expect(accesses.every(({ concluded }) => concluded)).toBe(true);
  });
});
