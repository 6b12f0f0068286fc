import { ApplicationRights, type Peer } from '@crossroads/policy';
import { generateKeyPairSync } from 'node:crypto';
import { GrpcFailure } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, SignJWT } from 'jose';
import { citizenOf, type SignInContext } from './citizen-token.js';

const ISSUER = 'https://sign-in.test';
const HIGH = 'http://eidas.europa.eu/LoA/high';
const SSIN = '80610100139';
const NOW = new Date('2026-03-01T12:00:00Z');
const now = Math.floor(NOW.getTime() / 1000);
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const portal = {
  kind: 'institution',
  enterpriseNumber: '0207000056',
  application: 'portal',
  spki: 'key',
  certificateHash: 'certificate',
} as const;

const good = {
  iss: ISSUER,
  aud: 'urn:crossroads:ebox',
  client_id: '0207000056/portal',
  jti: 'token-1',
  exp: now + 240,
  auth_time: now - 60,
  acr: HIGH,
  cnf: { 'x5t#S256': portal.certificateHash },
  ssin: SSIN,
};

const isPortal = (peer: Peer): boolean =>
  peer.kind === 'institution' &&
  peer.application === portal.application &&
  peer.enterpriseNumber === portal.enterpriseNumber;

describe('a citizen’s token', () => {
  let context: SignInContext;

  beforeAll(async () => {
    const provider = {
      issuer: ISSUER,
      keys: [{ kid: 'k1', jwk: { ...(await exportJWK(publicKey)) } }],
      acceptedAcr: [HIGH],
    };
    context = {
      audience: 'urn:crossroads:ebox',
      portal,
      policy: {
        signInProvider: (issuer) => (issuer === ISSUER ? provider : undefined),
        rightsOf: (peer) => new ApplicationRights(isPortal(peer) ? [`portal:${ISSUER}`] : []),
      },
      mode: 'development',
      today: dayOf(NOW),
      now: NOW,
    };
  });

  const token = (claims: object = {}, header: object = {}): Promise<string> =>
    new SignJWT({ ...good, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...header })
      .sign(privateKey);
  const read = async (jwt: Promise<string>, more: Partial<SignInContext> = {}) =>
    citizenOf(`Bearer ${await jwt}`, { ...context, ...more });
  const refusal = async (jwt: Promise<string>, more: Partial<SignInContext> = {}) => {
    const error: unknown = await read(jwt, more).catch((thrown: unknown) => thrown);
    return error instanceof GrpcFailure ? error : undefined;
  };

  it('says who signed in, and which token it is', async () => {
    expect(await read(token())).toEqual({
      ssin: SSIN,
      enterpriseRoles: new Map(),
      token: { issuer: ISSUER, jti: 'token-1', exp: now + 240 },
    });
    expect(await read(token({}, { typ: 'application/at+jwt' }))).toMatchObject({ ssin: SSIN });
  });

  it('is good up to five minutes ahead, and up to a quarter of an hour after signing in', async () => {
    expect(await read(token({ exp: now + 300, auth_time: now - 900 }))).toMatchObject({ ssin: SSIN });
    expect(await read(token({ aud: ['urn:crossroads:ebox', 'urn:other'] }))).toMatchObject({ ssin: SSIN });
  });

  it.each<[string, string, object, object?]>([
    ['TOKEN_TYPE', 'typ', {}, { typ: 'JWT' }],
    ['TOKEN_TYPE', 'typ', {}, { typ: undefined }],
    ['TOKEN_AUDIENCE', 'aud', { aud: 'urn:crossroads:access-audit' }],
    ['TOKEN_AUDIENCE', 'aud', { aud: undefined }],
    ['TOKEN_NOT_BOUND', 'cnf.x5t#S256', { cnf: { 'x5t#S256': portal.spki } }],
    ['TOKEN_NOT_BOUND', 'cnf.x5t#S256', { cnf: undefined }],
    ['TOKEN_NOT_BOUND', 'cnf.x5t#S256', { cnf: null }],
    ['TOKEN_CLIENT', 'client_id', { client_id: '0207000056/other' }],
    ['TOKEN_CLIENT', 'client_id', { client_id: undefined }],
    ['TOKEN_LIFETIME', 'exp', { exp: now + 306 }],
    ['TOKEN_EXPIRED', 'sign in again', { exp: now - 6 }],
    ['TOKEN_MALFORMED', 'exp', { exp: undefined }],
    ['TOKEN_SIGN_IN_AGE', 'auth_time', { auth_time: now - 906 }],
    ['TOKEN_SIGN_IN_AGE', 'auth_time', { auth_time: now + 6 }],
    ['TOKEN_SIGN_IN_AGE', 'auth_time', { auth_time: undefined }],
    ['TOKEN_SIGN_IN_AGE', 'auth_time', { auth_time: String(now) }],
    ['TOKEN_ACR', 'acr', { acr: 'http://eidas.europa.eu/LoA/low' }],
    ['TOKEN_ACR', 'acr', { acr: undefined }],
    ['TOKEN_ACR', 'acr', { acr: [HIGH] }],
    ['TOKEN_ID', 'jti', { jti: undefined }],
    ['TOKEN_ID', 'jti', { jti: '' }],
    ['TOKEN_ID', 'jti', { jti: 'x'.repeat(201) }],
    ['TOKEN_SUBJECT', 'ssin', { ssin: '80610100101' }],
    ['TOKEN_ISSUER', 'iss', { iss: 'https://nobody.test' }],
    ['TOKEN_KEY_UNKNOWN', 'kid', {}, { kid: 'k9' }],
  ])('is refused as %s, naming %s, for %j %j', async (reason, named, claims, header = {}) => {
    const error = await refusal(token(claims, header));
    expect(error).toMatchObject({ reason });
    expect(error?.message).toContain(named);
    expect(error?.message).not.toContain(SSIN);
  });

  it('is refused over another certificate, and to an application or an institution that is no portal', async () => {
    expect(await refusal(token(), { portal: { ...portal, certificateHash: 'renewed' } })).toMatchObject({
      reason: 'TOKEN_NOT_BOUND',
    });
    for (const other of [{ application: 'other' }, { enterpriseNumber: '0208000046' }]) {
      const error = await refusal(token(), { portal: { ...portal, ...other } });
      expect(error).toMatchObject({ reason: 'RIGHT_MISSING' });
      expect(error?.message).toContain(`portal:${ISSUER}`);
    }
  });
});
