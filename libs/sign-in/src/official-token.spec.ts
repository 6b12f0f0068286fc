import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { exportJWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { OfficialTokens, type TokenContext } from './official-token.js';

const AUDIENCE = 'urn:crossroads:exchange';
const WELFARE = '0207000056';
const NOW = new Date('2026-03-01T12:00:00Z');
const now = Math.floor(NOW.getTime() / 1000);
const certificateHash = createHash('sha256').update('a certificate key').digest('base64url');

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signingKey = async (kid: string, { publicKey }: { publicKey: KeyObject }) => ({
  kid,
  jwk: { ...(await exportJWK(publicKey)) },
});

const context = async (): Promise<TokenContext> => ({
  institution: WELFARE,
  keys: [await signingKey('ec', ec), await signingKey('ed', ed)],
  certificateHash,
});

const good: JWTPayload = {
  iss: WELFARE,
  aud: AUDIENCE,
  sub: 'a7f3',
  iat: now,
  exp: now + 120,
  role: 'social-worker',
  unit: 'Ghent',
  cnf: { 'x5t#S256': certificateHash },
};

const without = (claim: string): JWTPayload =>
  Object.fromEntries(Object.entries(good).filter(([name]) => name !== claim));

const signed = async (claims: JWTPayload, { alg = 'ES256', kid = 'ec', key = ec.privateKey } = {}) =>
  `Bearer ${await new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(key)}`;

const reasonOf = async (
  authorization: string,
  tokens = new OfficialTokens(AUDIENCE, () => NOW),
  at?: TokenContext,
): Promise<unknown> => {
  try {
    return await tokens.officialOf(authorization, at ?? (await context()));
  } catch (error) {
    return error instanceof Error ? Reflect.get(error, 'reason') : error;
  }
};

describe('an official’s token', () => {
  it('states role and id, signed with ES256 or EdDSA', async () => {
    const official = { role: 'social-worker / Ghent', id: 'a7f3' };
    expect(await reasonOf(await signed(good))).toEqual(official);
    expect(await reasonOf(await signed(good, { alg: 'EdDSA', kid: 'ed', key: ed.privateKey }))).toEqual(official);
  });

  const refused: readonly (readonly [string, () => Promise<string>, string])[] = [
    ['no bearer token', async () => 'Basic abc', 'TOKEN_MALFORMED'],
    ['no JWT', async () => 'Bearer abc', 'TOKEN_MALFORMED'],
    ['three parts of nonsense', async () => 'Bearer a.b.c', 'TOKEN_MALFORMED'],
    ['a very long one', async () => `Bearer ${'a'.repeat(9_000)}`, 'TOKEN_MALFORMED'],
    ['alg none', async () => `Bearer ${new UnsecuredJWT(good).encode()}`, 'TOKEN_ALGORITHM'],
    [
      'HS256 with the public key as secret',
      async () => {
        const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(ec.publicKey)).padEnd(64));
        return `Bearer ${await new SignJWT(good).setProtectedHeader({ alg: 'HS256', kid: 'ec' }).sign(secret)}`;
      },
      'TOKEN_ALGORITHM',
    ],
    ['another kid', () => signed(good, { kid: 'gone' }), 'TOKEN_KEY_UNKNOWN'],
    ['a kid of the other algorithm', () => signed(good, { kid: 'ed' }), 'TOKEN_KEY_UNKNOWN'],
    ['somebody else’s signature', () => signed(good, { key: other.privateKey }), 'TOKEN_SIGNATURE'],
    ['another institution', () => signed({ ...good, iss: '0208000046' }), 'TOKEN_OF_ANOTHER_INSTITUTION'],
    ['another audience', () => signed({ ...good, aud: 'urn:crossroads:access-audit' }), 'TOKEN_AUDIENCE'],
    ['an exp that passed', () => signed({ ...good, iat: now - 200, exp: now - 60 }), 'TOKEN_EXPIRED'],
    ['no exp', () => signed(without('exp')), 'TOKEN_LIFETIME'],
    ['an exp in an hour', () => signed({ ...good, exp: now + 3600 }), 'TOKEN_LIFETIME'],
    ['a long life that is nearly over', () => signed({ ...good, iat: now - 3600, exp: now + 60 }), 'TOKEN_LIFETIME'],
    ['an nbf to come', () => signed({ ...good, nbf: now + 60 }), 'TOKEN_NOT_YET_VALID'],
    ['no cnf', () => signed(without('cnf')), 'TOKEN_NOT_BOUND'],
    ['the cnf of another certificate', () => signed({ ...good, cnf: { 'x5t#S256': 'AAAA' } }), 'TOKEN_NOT_BOUND'],
    ['no sub', () => signed(without('sub')), 'TOKEN_SUBJECT'],
    ['an SSIN as sub', () => signed({ ...good, sub: '85073003328' }), 'TOKEN_SUBJECT'],
  ];
  it.each(refused)('is refused: %s', async (_what, token, reason) => {
    expect(await reasonOf(await token())).toBe(reason);
  });

  it('is cached, but neither beyond its exp, nor for another key or connection', async () => {
    let time = NOW;
    const tokens = new OfficialTokens(AUDIENCE, () => time);
    const token = await signed(good);
    const at = await context();
    expect(await reasonOf(token, tokens, at)).toMatchObject({ id: 'a7f3' });
    expect(await reasonOf(token, tokens, { ...at, keys: [] })).toBe('TOKEN_KEY_UNKNOWN');
    expect(await reasonOf(token, tokens, { ...at, keys: [await signingKey('ec', other)] })).toBe('TOKEN_SIGNATURE');
    expect(await reasonOf(token, tokens, { ...at, certificateHash: 'another' })).toBe('TOKEN_NOT_BOUND');
    expect(await reasonOf(token, tokens, { ...at, institution: '0208000046' })).toBe('TOKEN_OF_ANOTHER_INSTITUTION');
    time = new Date(NOW.getTime() + 200_000);
    expect(await reasonOf(token, tokens, at)).toBe('TOKEN_EXPIRED');
  });
});
