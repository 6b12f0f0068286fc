import { DirectoryServiceService, NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { newRequestId, type TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { eventually } from '@crossroads/testing';
import { type InProcessService, Link, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import { testNumber } from './numbers.js';
import { refusalOf, WHOLE } from './requests.js';

/** Nobody listens there. */
const ABSENT = '127.0.0.1:9';

describe('a start without database, bus and authorization', () => {
  let mesh: TestMesh;
  let database: Link;
  let starting: Promise<InProcessService>;
  let listens = false;

  beforeAll(async () => {
    mesh = await TestMesh.start('reference-directory');
    const { link, url } = await Link.ofUrl(mesh.database.migratorUrl);
    mesh.defer(() => link.close());
    database = link;
    database.cut();
    mesh.bus.link?.cut();
    starting = mesh.startInProcess(service, AppModule, {
      env: { DATABASE_MIGRATOR_URL: url, AUTHORIZATION_ADDRESS: ABSENT },
      until: 'listening',
    });
    void starting.then(() => {
      listens = true;
    });
  });
  afterAll(() => mesh.stop());

  const clientAs = async (tls: TlsFiles) => mesh.connect(DirectoryServiceService, (await starting).port, tls);
  const health = async () => Object.fromEntries((await starting).server.health.results());

  it('the service does not listen before the database answers', async () => {
    await eventually(
      () => database.refused,
      (refused) => refused >= 2,
    );
    expect(listens).toBe(false);
  });

  it('the service listens once the database answers, and is not ready without bus and authorization', async () => {
    database.mend();
    expect(await health()).toEqual({ database: true, policy: false, bus: false, LOG_FORKED: true });
  });

  it('services of the mesh are answered without authorization, institutions are not', async () => {
    const person = { by: { $case: 'ssin' as const, value: testNumber(1) } };
    const { state } = await (await clientAs(await mesh.serviceCertificate('exchange'))).check({
      person,
      institutions: [],
      date: undefined,
    });
    expect(state).toBe(NumberState.NUMBER_STATE_UNKNOWN);
    const desk = await clientAs(await mesh.applicationCertificate(withCbeCheck('02080000')));
    const inscribe = desk.inscribe({
      requestId: newRequestId(),
      institution: '',
      ssin: testNumber(1),
      inscriptionContext: '17/2',
      period: WHOLE,
    });
    expect(await refusalOf(inscribe)).toBe('POLICY_STALE');
  });

  it('the bus is used once it answers', async () => {
    mesh.bus.link?.mend();
    await eventually(health, ({ bus }) => bus === true);
  });
});
