import { randomUUID } from 'node:crypto';
import { newRequestId } from '@crossroads/grpc';
import { CertificateAuthority } from '@crossroads/local';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningSubscription, refusalOf, type SubscriptionClient, TestMesh, TRUST_DOMAIN } from './mesh.js';
import { ADMINISTRATOR, FUND, INTEGRATOR, OFFICE, toAll, World } from './world.js';

const list = { institution: '', pageSize: 0, pageToken: '' };

/** Who may call what; each refusal with its reason. */
describe('the subscription table, by caller', () => {
  let mesh: TestMesh;
  let world: World;
  let running: RunningSubscription;
  const as = (institution: string) => mesh.client(running.port, world.certificate(institution));

  beforeAll(async () => {
    mesh = await TestMesh.start('embedded');
    world = await World.create(mesh);
    running = await mesh.run(world.certificate(FUND));
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const calls: Readonly<Record<string, (client: SubscriptionClient) => Promise<unknown>>> = {
    subscribe: (client) => client.subscribe(toAll({ institution: FUND })),
    closeSubscription: (client) =>
      client.closeSubscription({ requestId: newRequestId(), subscriptionId: randomUUID() }),
    pauseSubscription: (client) =>
      client.pauseSubscription({ requestId: newRequestId(), subscriptionId: randomUUID() }),
    resumeSubscription: (client) =>
      client.resumeSubscription({ requestId: newRequestId(), subscriptionId: randomUUID() }),
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
    closeSubscription: 'RESOURCE_NOT_FOUND',
    pauseSubscription: 'RESOURCE_NOT_FOUND',
    resumeSubscription: 'RESOURCE_NOT_FOUND',
  };
  const operators = { listParked: 'MISSING_PERMISSION', redriveParked: 'MISSING_PERMISSION' };

  it('an institution gets its own subscriptions, another institution none, an administrator what is parked', async () => {
    expect(await outcomes(as(FUND))).toEqual({ ...everything('OK'), ...notFound, ...operators });
    expect(await outcomes(as(OFFICE))).toEqual({ ...everything('NOT_REPRESENTED'), ...notFound, ...operators });
    expect(await outcomes(as(INTEGRATOR))).toEqual({ ...everything('OK'), ...notFound, ...operators });
    expect(await outcomes(as(ADMINISTRATOR))).toEqual({
      ...everything('NOT_REPRESENTED'),
      ...notFound,
      listParked: 'OK',
      redriveParked: 'OK',
    });
  });

  it('services of the mesh, and keys that nobody registered, are refused', async () => {
    expect(await outcomes(mesh.client(running.port, await mesh.service('exchange')))).toEqual(
      everything('CALLER_NOT_ALLOWED'),
    );
    expect(await outcomes(mesh.client(running.port, await mesh.institution(FUND)))).toEqual(
      everything('KEY_NOT_REGISTERED'),
    );
  });

  it('a certificate of another authority, or one that has expired, gets no connection', async () => {
    const foreign = await CertificateAuthority.create(TRUST_DOMAIN);
    const { certificate, key } = await foreign.issueApplication({ application: 'desk', enterpriseNumber: FUND });
    const written = await mesh.write(Promise.resolve({ ca: foreign.certificate, cert: certificate, key }));
    const expired = await mesh.institution(FUND, 'desk', new Date(Date.now() - 60_000));
    for (const tls of [written, expired]) {
      const client = mesh.client(running.port, { ...tls, ca: world.certificate(FUND).ca });
      expect(await refusalOf(client.listSubscriptions(list, { deadlineMs: 700 }))).toMatchObject({ isOutage: true });
    }
  });

  it('only access-audit reads the journal', async () => {
    const read = async (name: string) => {
      for await (const _ of (await mesh.events(running.port, name)).read({
        topic: 'crossroads.access.v1',
        afterCursor: '',
      }))
        return 'OK';
      return 'OK';
    };
    expect(await read('access-audit')).toBe('OK');
    expect(await refusalOf(read('exchange'))).toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });
  });
});
