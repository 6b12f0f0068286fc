import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ListAccessesRequest } from '@crossroads/contracts/audit/v1/audit_service';
import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { eventually, refusalOf } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { access, refused, someone } from './accesses.js';
import { type AuditClient, BAKERY, ISSUER, OTHER_ISSUER, PORTAL, WELFARE, World } from './world.js';

const request = { pageSize: 0, pageToken: '', withoutOwn: true, enterpriseNumber: '', filter: undefined };

describe('the list of accesses', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let portal: AuditClient;
  const me = someone(1);
  const other = someone(2);

  beforeAll(async () => {
    mesh = await TestMesh.start('access-audit');
    world = await World.create(mesh);
    running = await mesh.startProcess();
    portal = world.client(running, PORTAL);
    for (const { ssin, personId } of [me, other]) world.directory.put({ ssin, personId });
    await world.exchange.append(refused(access(me), 'NOT_INSCRIBED'));
    await eventually(
      async () => (await ask(await world.token(me.ssin))).accesses.length,
      (count) => count === 1,
    );
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const ask = (token: string, scheme = 'Bearer ') =>
    portal.listAccesses(request, { metadata: { authorization: `${scheme}${token}` } });
  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = () => {
    const exp = Math.floor(Date.now() / 1000) + 60;
    const claims = { iss: ISSUER, aud: 'urn:crossroads:access-audit', ssin: me.ssin, exp };
    return `${base64({ alg: 'none', kid: 'k1' })}.${base64(claims)}.`;
  };
  const claiming = (claims: Readonly<Record<string, unknown>>) => () => world.token(me.ssin, { claims });
  const ago = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;

  const wrong: readonly (readonly [string, () => Promise<string> | string, string])[] = [
    ['of a provider that nobody registered', claiming({ iss: 'https://nobody.test' }), 'TOKEN_ISSUER'],
    ['in the name of another provider', claiming({ iss: OTHER_ISSUER }), 'TOKEN_SIGNATURE'],
    ['for another service', claiming({ aud: 'urn:crossroads:exchange' }), 'TOKEN_AUDIENCE'],
    ['that has expired', () => claiming({ exp: ago(30) })(), 'TOKEN_EXPIRED'],
    ['that lives for six minutes', () => claiming({ exp: ago(-360) })(), 'TOKEN_LIFETIME'],
    ['without an end', claiming({ exp: undefined }), 'TOKEN_MALFORMED'],
    ['that is an ID token', () => world.token(me.ssin, { header: { typ: 'JWT' } }), 'TOKEN_TYPE'],
    ['for another certificate', claiming({ cnf: { 'x5t#S256': 'another' } }), 'TOKEN_NOT_BOUND'],
    ['for whoever shows it', claiming({ cnf: undefined }), 'TOKEN_NOT_BOUND'],
    ['of another institution’s portal', () => world.token(me.ssin, { through: WELFARE }), 'TOKEN_NOT_BOUND'],
    ['of another application', claiming({ client_id: `${PORTAL}/other` }), 'TOKEN_CLIENT'],
    ['of a sign-in by name and password', claiming({ acr: 'http://eidas.europa.eu/LoA/low' }), 'TOKEN_ACR'],
    ['that does not say how somebody signed in', claiming({ acr: undefined }), 'TOKEN_ACR'],
    ['of a sign-in sixteen minutes ago', () => claiming({ auth_time: ago(960) })(), 'TOKEN_SIGN_IN_AGE'],
    ['of a sign-in yet to come', () => claiming({ auth_time: ago(-60) })(), 'TOKEN_SIGN_IN_AGE'],
    ['that does not say when somebody signed in', claiming({ auth_time: undefined }), 'TOKEN_SIGN_IN_AGE'],
    ['without an id', claiming({ jti: undefined }), 'TOKEN_ID'],
    [
      'with a key that is not the provider’s',
      () => world.token(me.ssin, { header: { kid: 'k9' } }),
      'TOKEN_KEY_UNKNOWN',
    ],
    ['with alg none', unsigned, 'TOKEN_ALGORITHM'],
    ['with a number that fails its check', () => world.token('80610100100'), 'TOKEN_SUBJECT'],
    ['with a name instead of a number', () => world.token('Jan'), 'TOKEN_SUBJECT'],
    ['with roles that are no lists', claiming({ enterprise_roles: { [BAKERY]: 'EBOX_MANAGER' } }), 'TOKEN_MALFORMED'],
    [
      'with roles in what is no enterprise',
      claiming({ enterprise_roles: { '0123456789': ['EBOX_MANAGER'] } }),
      'TOKEN_MALFORMED',
    ],
    ['that is none', () => 'x.y.z', 'TOKEN_MALFORMED'],
    ['with other characters', () => 'a b', 'TOKEN_MALFORMED'],
    ['of 9,000 characters', () => 'x'.repeat(9_000), 'TOKEN_MALFORMED'],
    [
      'whose claims were changed',
      async () => (await world.token(me.ssin)).replace(/\.[^.]+\./, `.${base64({ iss: ISSUER, ssin: other.ssin })}.`),
      'TOKEN',
    ],
  ];
  it.each(wrong)('is refused for a token %s', async (_what, token, reason) => {
    const error = await refusalOf(ask(await token()));
    expect(error).toMatchObject({ code: status.UNAUTHENTICATED });
    expect(error.reason).toContain(reason);
    expect(`${error.message} ${JSON.stringify(error.metadata)}`).not.toContain(me.ssin);
  });

  it('is refused to an application that is no portal of the provider, whatever token it shows', async () => {
    const authorization = `Bearer ${await world.token(me.ssin, { through: WELFARE })}`;
    const welfare = world.client(running, WELFARE);
    expect(await refusalOf(welfare.listAccesses(request, { metadata: { authorization } }))).toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: 'RIGHT_MISSING',
    });
  });

  it('has one entry of looking for each token, whose pages and repetitions belong to it', async () => {
    const owner = someone(5);
    world.directory.put(owner);
    const looks = async () => {
      const own = { ...request, withoutOwn: false };
      const authorization = `Bearer ${await world.token(owner.ssin)}`;
      return (await portal.listAccesses(own, { metadata: { authorization } })).accesses;
    };
    const token = await world.token(owner.ssin);
    await Promise.all([1, 2, 3].map(() => ask(token)));
    await ask(token);
    const seen = await looks();
    expect(seen).toMatchObject([{ peer: PORTAL, concluded: true }]);
    // That was another token.
    expect(await looks()).toHaveLength(2);
    expect(await looks()).toHaveLength(3);
  });

  it('has an entry for a later token whose provider uses an id again', async () => {
    const owner = someone(7);
    world.directory.put(owner);
    const again = randomUUID();
    const looks = async (seconds: number) => {
      const claims = { jti: again, exp: ago(-seconds) };
      const authorization = `Bearer ${await world.token(owner.ssin, { claims })}`;
      const own = { ...request, withoutOwn: false };
      return (await portal.listAccesses(own, { metadata: { authorization } })).accesses.length;
    };
    expect([await looks(200), await looks(240), await looks(280)]).toEqual([0, 1, 2]);
  });

  it('has an entry for a page that is read with another token', async () => {
    const owner = someone(6);
    world.directory.put(owner);
    const page = async (pageToken: string) => {
      const authorization = `Bearer ${await world.token(owner.ssin)}`;
      const paged = { ...request, withoutOwn: false, pageSize: 1, pageToken };
      return portal.listAccesses(paged, { metadata: { authorization } });
    };
    await page('');
    await page('');
    const { nextPageToken } = await page('');
    await page(nextPageToken);
    const authorization = `Bearer ${await world.token(owner.ssin)}`;
    const all = { ...request, withoutOwn: false };
    expect((await portal.listAccesses(all, { metadata: { authorization } })).accesses).toHaveLength(4);
  });

  it('is refused without a token, or with another scheme', async () => {
    expect(await refusalOf(portal.listAccesses(request))).toMatchObject({
      code: status.UNAUTHENTICATED,
      reason: 'TOKEN_MISSING',
    });
    expect(await refusalOf(ask(await world.token(me.ssin), 'Basic '))).toMatchObject({ reason: 'TOKEN_MALFORMED' });
  });

  it('is that of the person of the token, whatever the request says', async () => {
    expect((await ask(await world.token(me.ssin))).accesses).toHaveLength(1);
    expect((await ask(await world.token(other.ssin))).accesses).toEqual([]);
    expect((await ask(await world.token(me.ssin, { signedBy: OTHER_ISSUER }))).accesses).toHaveLength(1);
  });

  it('is refused for a number that belongs to no person', async () => {
    const nobody = someone(3);
    expect(await refusalOf(ask(await world.token(nobody.ssin)))).toMatchObject({
      code: status.NOT_FOUND,
      reason: 'UNKNOWN_SSIN',
    });
    const replaced = someone(4);
    const state = NumberState.NUMBER_STATE_REPLACED;
    world.directory.put({ ssin: replaced.ssin, personId: me.personId }, [], { state });
    expect((await ask(await world.token(replaced.ssin))).accesses).toHaveLength(1);
  });

  it('rejects invalid requests with a reason of their own', async () => {
    const metadata = { authorization: `Bearer ${await world.token(me.ssin)}` };
    for (const [more, field] of [
      [{ pageSize: -1 }, 'page_size'],
      [{ pageToken: 'x' }, 'page_token'],
      [{ pageToken: randomUUID() }, 'page_token'],
    ] as const)
      expect(await refusalOf(portal.listAccesses({ ...request, ...more }, { metadata }))).toMatchObject({
        code: status.INVALID_ARGUMENT,
        metadata: { field },
      });
  });

  it('is served to institutions with a registered key only', async () => {
    const refusal = async (client: AuditClient) => (await refusalOf(client.listAccesses(request))).reason;
    expect(await refusal(world.client(running, await mesh.serviceCertificate('exchange')))).toBe('CALLER_NOT_ALLOWED');
    expect(await refusal(world.client(running, await mesh.applicationCertificate(PORTAL)))).toBe('KEY_NOT_REGISTERED');
  });

  it('is refused while the policy is unknown, and served again afterwards', async () => {
    mesh.policy.silent = true;
    const stale = await eventually(
      async () => ask(await world.token(me.ssin)).catch((error: unknown) => error),
      (answer) => answer instanceof Error,
    );
    expect(stale).toMatchObject({ code: status.UNAVAILABLE, reason: 'POLICY_STALE' });
    mesh.policy.silent = false;
    await eventually(
      async () =>
        ask(await world.token(me.ssin)).then(
          () => true,
          () => false,
        ),
      Boolean,
    );
  }, 40_000);

  it('survives 500 fuzzed requests without INTERNAL', async () => {
    const tls = world.certificate(PORTAL);
    const [ca, key, cert] = [tls.ca, tls.key, tls.cert].map((file) => readFileSync(file));
    const ssl = credentials.createSsl(ca ?? null, key, cert);
    const raw = new Client(`localhost:${running.institutionsPort}`, ssl, {
      'grpc.ssl_target_name_override': 'access-audit',
    });
    const same = (value: Buffer) => value;
    const codeOf = (bytes: Buffer, authorization: string) =>
      new Promise<status>((resolve) => {
        const metadata = new Metadata();
        metadata.set('authorization', authorization);
        const path = '/crossroads.audit.v1.AuditService/ListAccesses';
        raw.makeUnaryRequest(path, same, same, bytes, metadata, { deadline: Date.now() + 20_000 }, (error) =>
          resolve(error?.code ?? status.OK),
        );
      });
    const good = await world.token(me.ssin);
    const sample = Buffer.from(
      ListAccessesRequest.encode({
        pageSize: 3,
        pageToken: 'abcdefgh',
        withoutOwn: true,
        enterpriseNumber: '',
        filter: undefined,
      }).finish(),
    );
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 100 }).map((noise) => Buffer.from(noise)),
      fc.array(fc.tuple(fc.nat(sample.length - 1), fc.nat(255)), { maxLength: 4 }).map((changes) => {
        const copy = Buffer.from(sample);
        for (const [at, byte] of changes) copy[at] = byte;
        return copy;
      }),
    );
    const token = fc.oneof(
      fc.constant(good),
      fc
        .tuple(fc.nat(good.length - 1), fc.constantFrom('A', '.', '_', '7'))
        .map(([at, letter]) => good.slice(0, at) + letter + good.slice(at + 1)),
      fc.stringMatching(/^[A-Za-z0-9_.-]{0,80}$/),
    );
    const bad = new Set([status.INTERNAL, status.UNKNOWN, status.DEADLINE_EXCEEDED, status.UNAVAILABLE]);
    await fc.assert(
      fc.asyncProperty(body, token, async (bytes, jwt) => {
        const code = await codeOf(bytes, `Bearer ${jwt}`);
        expect(bad.has(code) ? status[code] : 'told').toBe('told');
      }),
      { numRuns: 500 },
    );
    raw.close();
    expect(running.output).not.toContain(me.ssin);
    expect(running.output).not.toContain(good);
  }, 180_000);
});
