import { readFileSync } from 'node:fs';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import { CertificateAuthority, IDENTIFICATION, type Identity, type InstitutionName, numberOf } from '@crossroads/local';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MESH_START_MS, progress, TestMesh } from '../mesh.js';
import { generatedPeople, generatedSsins } from '../people.js';
import { residentMb } from '../processes.js';
import { fuzzed, randomOf } from './fuzz.js';
import { type Ending, RawClient } from './raw-call.js';
import { DOORS } from './rpcs.js';

const DAY = 24 * 60 * 60 * 1000;
const OFFICE = { application: 'welfare-office', enterpriseNumber: numberOf('welfare-office') };
const SERVERS = Object.keys(DOORS);

let mesh: TestMesh;
let ca: string;
const clients: RawClient[] = [];

beforeAll(async () => {
  mesh = await TestMesh.start();
  ca = mesh.local.authority.certificate;
  await mesh.load(() => generatedPeople(2));
}, MESH_START_MS);

afterAll(async () => {
  for (const client of clients) client.close();
  await mesh?.stop();
}, 60_000);

const client = (server: string, own?: Identity): RawClient => {
  const { services, institutions } = mesh.local.mesh();
  const opened = new RawClient((services[server] ?? institutions[server])?.address ?? '', {
    ca,
    ...(own ? { own } : {}),
  });
  clients.push(opened);
  return opened;
};

const identityOf = (name: string): Identity => {
  const files = mesh.local.mesh().certificates[name];
  if (!files) throw new Error(`no certificate of ${name}`);
  return { certificate: readFileSync(files.certificate, 'utf8'), key: readFileSync(files.key, 'utf8') };
};

const anyRpc = (server: string): string => {
  const { institutions, services } = DOORS[server] ?? { institutions: [], services: {} };
  return institutions[0] ?? Object.values(services).flat()[0] ?? '';
};

const nothing = [Buffer.alloc(0)];

describe.each(SERVERS)('%s', (server) => {
  const knock = (own: Identity | undefined, path = anyRpc(server)): Promise<Ending> =>
    client(server, own).call(path, nothing);

  it('opens to no certificate of another authority, to none that has expired, and to nobody without', async () => {
    const other = await CertificateAuthority.create('crossroads.test');
    expect(await knock(await other.issueApplication(OFFICE))).toMatchObject({ code: 'UNAVAILABLE' });
    const expired = { notBefore: new Date(Date.now() - 2 * DAY), notAfter: new Date(Date.now() - DAY) };
    expect(await knock(await mesh.local.authority.issueApplication({ ...OFFICE, ...expired }))).toMatchObject({
      code: 'UNAVAILABLE',
    });
    expect(await knock(undefined)).toMatchObject({ code: 'UNAVAILABLE' });
    expect(await knock(await other.issueService('exchange'))).toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('knows nobody of another trust domain, whoever signed for them', async () => {
    const elsewhere = await CertificateAuthority.open(mesh.local.folder.certificates, 'elsewhere.test');
    for (const own of [await elsewhere.issueApplication(OFFICE), await elsewhere.issueService('exchange')])
      expect((await knock(own)).code).toBe('UNAUTHENTICATED');
  });

  const { institutions, services } = DOORS[server] ?? { institutions: [], services: {} };

  if (institutions.length > 0)
    it('takes no key that its institution has not registered, for any rpc', async () => {
      const stranger = client(server, await mesh.local.authority.issueApplication(OFFICE));
      for (const path of institutions)
        expect(await stranger.call(path, nothing)).toEqual({ code: 'PERMISSION_DENIED', reason: 'KEY_NOT_REGISTERED' });
    });

  it("lets no service of the mesh into what is an institution's", async () => {
    const service = client(server, identityOf('local'));
    for (const path of institutions) {
      const { code } = await service.call(path, nothing);
      // What would be decided is open to both.
      if (path.endsWith('/Check')) expect(code).not.toBe('OK');
      else expect(code).toBe('PERMISSION_DENIED');
    }
  });

  it("lets no institution, and no other service, into what is a service's", async () => {
    for (const own of ['administrator', 'welfare-office', 'local']) {
      const stranger = client(server, identityOf(own));
      for (const path of new Set(Object.values(services).flat()))
        expect(await stranger.call(path, nothing)).toMatchObject({ code: 'PERMISSION_DENIED' });
    }
  });
});

describe("another institution's certificate", () => {
  const [ssin = ''] = generatedSsins(1);
  const office = numberOf('welfare-office');

  it.each<[string, (name: InstitutionName) => Promise<unknown>]>([
    [
      'consult',
      (name) =>
        mesh
          .as(name)
          .consult({ customer: office, ssin, legalContext: 'PCSA:SOCIAL_INQUIRY', dataServices: [IDENTIFICATION] }),
    ],
    [
      'inscribe',
      (name) =>
        mesh.as(name).directory.inscribe({
          requestId: newRequestId(),
          institution: office,
          ssin,
          inscriptionContext: '17/2',
          period: undefined,
        }),
    ],
    [
      'list inscriptions',
      (name) => mesh.as(name).directory.listInscriptions({ institution: office, ssin: '', pageSize: 1, pageToken: '' }),
    ],
    [
      'list subscriptions',
      (name) => mesh.as(name).subscriptions.listSubscriptions({ institution: office, pageSize: 1, pageToken: '' }),
    ],
    [
      'withdraw a key',
      (name) =>
        mesh.as(name).authorization.withdrawKey({
          requestId: newRequestId(),
          enterpriseNumber: office,
          application: 'welfare-office',
          spkiHash: 'A'.repeat(43),
        }),
    ],
    [
      'decide on a deliberation',
      (name) =>
        mesh.as(name).authorization.revokeDeliberation({
          requestId: newRequestId(),
          deliberationId: newRequestId(),
          reason: 'none',
        }),
    ],
  ])('does not %s in its name', async (_what, call) => {
    const error: unknown = await call('health-fund').catch((failed: unknown) => failed);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({ code: 7 });
  });
});

describe('500 fuzzed requests', () => {
  /** Heaps grow before they are collected; what leaks grows with each request. */
  const MOST_GROWTH_MB = 64;
  const CLIENTS = 8;

  it.each(SERVERS)(
    'do not end %s, are never INTERNAL, and leave its memory flat',
    async (server) => {
      const { institutions, services } = DOORS[server] ?? { institutions: [], services: {} };
      const rpcs = [
        ...institutions.map((path) => ({ path, from: client(server, identityOf('administrator')) })),
        ...institutions.map((path) => ({ path, from: client(server, identityOf('municipality')) })),
        // A watch has no end.
        ...Object.entries(services).flatMap(([name, paths]) =>
          paths
            .filter((path) => !path.endsWith('/Watch'))
            .map((path) => ({ path, from: client(server, identityOf(name)) })),
        ),
      ];
      const pid = mesh.pidOf(server);
      const endings = new Map<string, number>();
      const send = async (count: number, seed: number): Promise<void> => {
        const random = randomOf(seed);
        let left = count;
        const one = async (): Promise<void> => {
          while (left-- > 0) {
            const rpc = rpcs[Math.floor(random() * rpcs.length)];
            if (!rpc) throw new RangeError('no rpc');
            const { code } = await rpc.from.call(rpc.path, fuzzed(random, generatedSsins(2)), { deadlineMs: 8_000 });
            endings.set(code, (endings.get(code) ?? 0) + 1);
          }
        };
        await Promise.all(Array.from({ length: CLIENTS }, one));
      };
      await send(250, 1);
      const before = residentMb(pid);
      await send(500, 2);
      const after = residentMb(pid);
      progress(
        `${server}: ${before.toFixed(0)} → ${after.toFixed(0)} MB, ${JSON.stringify(Object.fromEntries(endings))}`,
      );
      expect(mesh.pidOf(server)).toBe(pid);
      for (const never of ['INTERNAL', 'UNKNOWN', 'DATA_LOSS', 'UNAVAILABLE'])
        expect([never, endings.get(never) ?? 0]).toEqual([never, 0]);
      expect(endings.get('INVALID_ARGUMENT') ?? 0).toBeGreaterThan(100);
      expect(after - before).toBeLessThan(MOST_GROWTH_MB);
    },
    120_000,
  );
});
