import { randomUUID } from 'node:crypto';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { newRequestId } from '@crossroads/grpc';
import { CertificateAuthorities } from '@crossroads/local';
import { refusalOf } from '@crossroads/testing';
import { allPublished, type ServiceProcess, TestMesh, TRUST_DOMAIN } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMINISTRATOR, FUND, INTEGRATOR, OFFICE, type SubscriptionClient, toAll, World } from './world.js';

const list = { institution: '', pageSize: 0, pageToken: '' };

/** Who may call what; each refusal with its reason. */
describe('the subscription table, by caller', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  const as = (institution: string) => world.client(running, institution);

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    running = await mesh.startProcess();
  });
  afterAll(() => mesh.stop());

  const calls: Readonly<Record<string, (client: SubscriptionClient) => Promise<unknown>>> = {
    subscribe: (client) => client.subscribe(toAll({ institution: FUND })),
    closeSubscription: (client) =>
      client.closeSubscription({ requestId: newRequestId(), subscriptionId: randomUUID() }),
    changeSubscription: (client) =>
      client.changeSubscription({
        requestId: newRequestId(),
        subscriptionId: randomUUID(),
        content: 0,
        fieldGroups: [],
        encoding: 0,
      }),
    pauseSubscription: (client) =>
      client.pauseSubscription({ requestId: newRequestId(), subscriptionId: randomUUID() }),
    resumeSubscription: (client) =>
      client.resumeSubscription({ requestId: newRequestId(), subscriptionId: randomUUID() }),
    replayDeliveries: (client) =>
      client.replayDeliveries({
        requestId: newRequestId(),
        subscriptionId: randomUUID(),
        from: { $case: 'time', value: new Date() },
      }),
    streamDeliveries: async (client) => {
      for await (const _ of client.streamDeliveries({
        subscriptionId: randomUUID(),
        from: { $case: 'time', value: new Date() },
      }));
    },
    getSchemas: (client) => client.getSchemas({}),
    getSubscription: (client) => client.getSubscription({ subscriptionId: randomUUID() }),
    listSubscriptions: (client) => client.listSubscriptions({ ...list, institution: FUND }),
    listParked: (client) => client.listParked({ pageSize: 0, pageToken: '' }),
    redriveParked: (client) => client.redriveParked({ requestId: newRequestId(), personId: '' }),
  };
  const outcomes = async (client: SubscriptionClient) => {
    const answers: Record<string, string> = {};
    for (const [rpc, call] of Object.entries(calls))
      answers[rpc] = await call(client).then(
        () => 'OK',
        (error: { reason?: string }) => error.reason ?? 'UNKNOWN',
      );
    return answers;
  };
  const everything = (outcome: string) => Object.fromEntries(Object.keys(calls).map((rpc) => [rpc, outcome]));
  const notFound = {
    changeSubscription: 'RESOURCE_NOT_FOUND',
    replayDeliveries: 'RESOURCE_NOT_FOUND',
    streamDeliveries: 'RESOURCE_NOT_FOUND',
    getSubscription: 'RESOURCE_NOT_FOUND',
    closeSubscription: 'RESOURCE_NOT_FOUND',
    pauseSubscription: 'RESOURCE_NOT_FOUND',
    resumeSubscription: 'RESOURCE_NOT_FOUND',
  };
  const operators = { listParked: 'MISSING_PERMISSION', redriveParked: 'MISSING_PERMISSION' };

  it('an institution gets its own subscriptions, another institution none, an administrator what is parked', async () => {
    expect(await outcomes(as(FUND))).toEqual({ ...everything('OK'), ...notFound, ...operators });
    expect(await outcomes(as(OFFICE))).toEqual({
      ...everything('NOT_REPRESENTED'),
      ...notFound,
      ...operators,
      getSchemas: 'OK',
    });
    expect(await outcomes(as(INTEGRATOR))).toEqual({ ...everything('OK'), ...notFound, ...operators });
    expect(await outcomes(as(ADMINISTRATOR))).toEqual({
      ...everything('NOT_REPRESENTED'),
      ...notFound,
      getSchemas: 'OK',
      listParked: 'OK',
      redriveParked: 'OK',
    });
  });

  it('services of the mesh, and keys that nobody registered, are refused', async () => {
    expect(await outcomes(world.client(running, await mesh.serviceCertificate('exchange')))).toEqual(
      everything('CALLER_NOT_ALLOWED'),
    );
    expect(await outcomes(world.client(running, await mesh.applicationCertificate(FUND)))).toEqual(
      everything('KEY_NOT_REGISTERED'),
    );
  });

  it('a certificate of another authority, or one that has expired, gets no connection', async () => {
    const foreign = await CertificateAuthorities.create(TRUST_DOMAIN);
    const bad = [
      await mesh.untrustedCertificate(foreign, FUND),
      await mesh.applicationCertificate(FUND, { notAfter: new Date(Date.now() - 60_000) }),
    ];
    for (const tls of bad) {
      const client = world.client(running, { ...tls, ca: world.certificate(FUND).ca });
      expect(await refusalOf(client.listSubscriptions(list, { deadlineMs: 700 }))).toMatchObject({ isOutage: true });
    }
  });

  it('only access-audit reads the journal', async () => {
    const read = async (name: string) => {
      const events = mesh.connect(EventsServiceService, running.port, await mesh.serviceCertificate(name));
      await allPublished(events, 'crossroads.access.subscription.v1');
      return 'OK';
    };
    expect(await read('access-audit')).toBe('OK');
    expect(await refusalOf(read('exchange'))).toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });
  });
});
