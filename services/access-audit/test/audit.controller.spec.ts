import { Clock } from '@crossroads/configuration';
import { type Call, newRequestId } from '@crossroads/grpc';
import { Citizens } from '@crossroads/sign-in';
import { refusalOf } from '@crossroads/testing';
import { TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import { someone } from './accesses.js';
import { type AuditClient, ISSUER, PORTAL, World } from './world.js';

const NOON = new Date('2026-03-02T12:00:00Z');

describe('the list of accesses, in one process', () => {
  let mesh: TestMesh;
  let portal: AuditClient;
  const { ssin, personId } = someone(1);

  beforeAll(async () => {
    mesh = await TestMesh.start('access-audit');
    const world = await World.create(mesh);
    const audit = await mesh.startInProcess(service, AppModule, {
      override: (builder) =>
        builder
          .overrideProvider(Clock)
          .useValue({ now: () => NOON })
          .overrideProvider(Citizens)
          .useValue({
            signedIn: async ({ caller: portal }: Call) => {
              const token = { issuer: ISSUER, jti: newRequestId() };
              return { ssin, personIds: [personId], enterpriseRoles: new Map(), portal, token };
            },
          }),
    });
    portal = world.client(audit, PORTAL);
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  it('contains the consultation of the list itself, at the time of the clock', async () => {
    const request = { pageSize: 0, pageToken: '', withoutOwn: false, enterpriseNumber: '', filter: undefined };
    expect((await portal.listAccesses(request)).accesses).toEqual([]);
    const { accesses } = await portal.listAccesses(request);
    expect(accesses).toMatchObject([{ peer: PORTAL, time: NOON, concluded: true }]);
  });

  it('rejects an invalid request with every invalid field', async () => {
    expect(
      await refusalOf(
        portal.listAccesses({ pageSize: -1, pageToken: '', withoutOwn: true, enterpriseNumber: '', filter: undefined }),
      ),
    ).toMatchObject({
      reason: 'INVALID_INPUT',
      metadata: { field: 'page_size' },
    });
  });
});
