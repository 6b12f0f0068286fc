import { generateKeyPairSync } from 'node:crypto';
import type { IsoDay } from '@crossroads/identifiers';
import { describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader, importPKCS8, SignJWT } from 'jose';
import { readInstitutionKeys } from './institution-keys.js';
import { issueRequestToken, type SignedQuestion } from './issue.js';
import { shownToSourceOf, TOKEN_AUDIENCE, TOKEN_TYPE } from './request-claims.js';
import { RequestTokens, type TokenConnection, type TokenQuestion } from './request-tokens.js';
import { disclosureOf, onlyDisclosing, partsOf, serialized } from './sd-jwt.js';

const OFFICE = '0206731645';
const FUND = '0884303369';
const WAGES = 'employment.wages.v1';
const STATUS = 'social.status.v1';
const PERSON = '62691699717';
const NOW = new Date('2026-05-01T12:00:00Z');
const now = NOW.getTime() / 1000;
const REQUEST = '01890a5d-ac96-774b-bcce-b302099a8057';

const keyPair = (kid: string) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { signing: { kid, privatePem }, registered: { kid, jwk: { ...publicKey.export({ format: 'jwk' }) } } };
};
const own = keyPair('k1');
const stranger = keyPair('k1');
const keys = [own.registered];

const signed: SignedQuestion = {
  customer: OFFICE,
  requestId: REQUEST,
  asker: { kind: 'official', id: 'a7f3', role: 'social-worker', unit: 'Leuven' },
  ssin: PERSON,
  legalContext: 'PCSA:SOCIAL_INQUIRY',
  day: '2026-05-01' as IsoDay,
  dataServices: [
    { dataService: WAGES, fieldGroups: ['employer', 'amounts'] },
    { dataService: STATUS, fieldGroups: [] },
  ],
  certificateHash: 'this connection',
};
const token = (changes: Partial<SignedQuestion> = {}, key = own.signing, at = now): string =>
  issueRequestToken({ ...signed, ...changes }, key, at);

const asked: TokenQuestion = { ...signed };
const connection: TokenConnection = { requestId: REQUEST, application: 'desk', certificateHash: 'this connection' };
const tokens = new RequestTokens({ now: () => NOW, toleranceS: 5 });

/** What the exchange says of a token. */
const verified = (one: string, more: Partial<TokenQuestion & TokenConnection> = {}): Promise<string> =>
  tokens.verify(one, { ...asked, ...more }, keys, { ...connection, ...more }).then(
    () => 'verified',
    ({ reason }: { reason: string }) => reason,
  );

const askedOfSource: TokenQuestion = { ...asked, dataServices: [{ dataService: WAGES, fieldGroups: ['employer'] }] };

/** What the source of wages says of one. */
const handedOn = (one: string, more: Partial<TokenQuestion> = {}): Promise<string> =>
  tokens.verifyHandedOn(one, { ...askedOfSource, ...more }, keys).then(
    () => 'verified',
    ({ reason }: { reason: string }) => reason,
  );

/** A token with other claims, signed as well as any. */
const claiming = async (changes: object, header: object = {}): Promise<string> => {
  const disclosures = [disclosureOf('official', { id: 'a7f3', role: 'r' }), disclosureOf('person', PERSON)];
  const payload = {
    iss: OFFICE,
    aud: TOKEN_AUDIENCE,
    jti: REQUEST,
    iat: now,
    exp: now + 300,
    cnf: { 'x5t#S256': 'this connection' },
    legal_context: signed.legalContext,
    day: signed.day,
    _sd: disclosures.map(({ digest }) => digest),
    ...changes,
  };
  const jwt = await new SignJWT(payload)
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: TOKEN_TYPE, ...header })
    .sign(await importPKCS8(own.signing.privatePem, 'ES256'));
  return serialized(
    jwt,
    disclosures.map(({ encoded }) => encoded),
  );
};

describe('a request token', () => {
  it('says who asks: an official, or software', async () => {
    expect(await tokens.verify(token(), asked, keys, connection)).toEqual(signed.asker);
    const asker = { kind: 'application', name: 'desk' } as const;
    expect(await tokens.verify(token({ asker }), asked, keys, connection)).toEqual(asker);
  });

  it('may be signed with Ed25519', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const one = token({}, { kid: 'k2', privatePem });
    expect(decodeProtectedHeader(one.split('~')[0] ?? '')).toEqual({ alg: 'EdDSA', kid: 'k2', typ: TOKEN_TYPE });
    const registered = [{ kid: 'k2', jwk: { ...publicKey.export({ format: 'jwk' }) } }];
    expect(await tokens.verify(one, asked, registered, connection)).toEqual(signed.asker);
  });

  it('tells nobody what it does not disclose', () => {
    const [, payload = ''] = token().split('~')[0]?.split('.') ?? [];
    const clear = Buffer.from(payload, 'base64url').toString();
    for (const hidden of [PERSON, 'a7f3', 'social-worker', WAGES, STATUS]) expect(clear).not.toContain(hidden);
  });

  it.each<[string, string, string | Promise<string>, Partial<TokenQuestion & TokenConnection>]>([
    ['none', 'TOKEN_MISSING', '', {}],
    ['no SD-JWT', 'TOKEN_MALFORMED', 'x.y.z~', {}],
    ['a JWT without disclosures’ end', 'TOKEN_MALFORMED', partsOf(token()).jwt, {}],
    ['too long', 'TOKEN_MALFORMED', `${'x'.repeat(20_000)}~`, {}],
    ['signed by another institution', 'TOKEN_OF_OTHER_INSTITUTION', token({ customer: FUND }), {}],
    ['signed with another institution’s key', 'TOKEN_SIGNATURE', token({}, stranger.signing), {}],
    ['of a key that is not registered', 'TOKEN_KEY_UNKNOWN', token({}, { ...own.signing, kid: 'k9' }), {}],
    ['for another audience', 'TOKEN_AUDIENCE', claiming({ aud: 'urn:crossroads:ebox' }), {}],
    ['of another type', 'TOKEN_MALFORMED', claiming({}, { typ: 'JWT' }), {}],
    ['expired', 'TOKEN_EXPIRED', token({}, own.signing, now - 306), {}],
    ['without an end', 'TOKEN_LIFETIME', claiming({ exp: undefined }), {}],
    ['that lives longer than five minutes', 'TOKEN_LIFETIME', claiming({ exp: now + 301 }), {}],
    ['made for later', 'TOKEN_LIFETIME', token({}, own.signing, now + 10), {}],
    ['not valid yet', 'TOKEN_NOT_YET_VALID', claiming({ nbf: now + 10 }), {}],
    ['without cnf', 'TOKEN_MALFORMED', claiming({ cnf: undefined }), {}],
    ['stolen, over another certificate', 'TOKEN_OF_OTHER_CERTIFICATE', token(), { certificateHash: 'another' }],
    ['for another request', 'TOKEN_OF_OTHER_REQUEST', token(), { requestId: 'another' }],
    ['for another legal context', 'TOKEN_OF_OTHER_LEGAL_CONTEXT', token(), { legalContext: 'PCSA:OTHER' }],
    ['for another day', 'TOKEN_OF_OTHER_DAY', token({ day: '2026-04-30' as IsoDay }), {}],
    ['about another person', 'TOKEN_OF_OTHER_PERSON', token({ ssin: '80610100139' }), {}],
    [
      'without the data service that is asked',
      'TOKEN_OF_OTHER_DATA_SERVICE',
      token({ dataServices: [{ dataService: STATUS, fieldGroups: [] }] }),
      {},
    ],
    [
      'for fewer field groups than are asked',
      'TOKEN_OF_OTHER_FIELD_GROUPS',
      token({
        dataServices: [
          { dataService: WAGES, fieldGroups: ['employer'] },
          { dataService: STATUS, fieldGroups: [] },
        ],
      }),
      {},
    ],
    [
      'of an official with a number for an id',
      'TOKEN_OF_NOBODY',
      token({ asker: { kind: 'official', id: PERSON, role: 'r' } }),
      {},
    ],
    ['of other software', 'TOKEN_OF_NOBODY', token({ asker: { kind: 'application', name: 'batch' } }), {}],
    [
      'that does not say who asks',
      'TOKEN_OF_NOBODY',
      onlyDisclosing(token(), new Set(['person', `data_service/${WAGES}`, `data_service/${STATUS}`])),
      {},
    ],
  ])('is refused when it is %s', async (_, reason, one, more) => {
    expect(await verified(await one, more)).toBe(reason);
  });

  it('is refused with a disclosure of another token', async () => {
    const [mine, other] = [partsOf(token()), partsOf(token({ asker: { kind: 'official', id: 'b8e2', role: 'r' } }))];
    const [official = ''] = other.disclosures;
    expect(await verified(serialized(mine.jwt, [official, ...mine.disclosures.slice(1)]))).toBe('TOKEN_MALFORMED');
  });

  it('is refused when a byte of it is changed', async () => {
    const { jwt, disclosures } = partsOf(token());
    const [header, payload = '', signature] = jwt.split('.');
    const changed = Buffer.from(Buffer.from(payload, 'base64url').toString().replace('2026-05-01', '2026-05-02'));
    const other = [header, changed.toString('base64url'), signature].join('.');
    expect(await verified(serialized(other, disclosures), { day: '2026-05-02' })).toBe('TOKEN_SIGNATURE');
  });

  it('is believed for the clocks of five seconds, and for five minutes', async () => {
    expect(await verified(token({}, own.signing, now - 304))).toBe('verified');
    expect(await verified(token({}, own.signing, now + 4))).toBe('verified');
  });
});

describe('a request token at a source', () => {
  const shown = (one = token()) => onlyDisclosing(one, shownToSourceOf(WAGES));

  it('discloses the person and the data service of this source, and nothing else', () => {
    const claims = partsOf(shown()).disclosures.map((one) => Buffer.from(one, 'base64url').toString());
    expect(claims.map((one) => (JSON.parse(one) as unknown[]).slice(1))).toEqual([
      ['person', PERSON],
      [`data_service/${WAGES}`, ['employer', 'amounts']],
    ]);
  });

  it('stands for what was signed, and for parts of it', async () => {
    expect(await handedOn(shown())).toBe('verified');
    const all = token({ dataServices: [{ dataService: WAGES, fieldGroups: [] }] });
    expect(await handedOn(shown(all))).toBe('verified');
  });

  it.each<[string, string, string, Partial<TokenQuestion>]>([
    ['without a token', 'TOKEN_MISSING', '', {}],
    ['of another institution', 'TOKEN_OF_OTHER_INSTITUTION', shown(), { customer: FUND }],
    ['about another person', 'TOKEN_OF_OTHER_PERSON', shown(), { ssin: '80610100139' }],
    [
      'about a person who is not disclosed',
      'TOKEN_OF_OTHER_PERSON',
      onlyDisclosing(token(), new Set([`data_service/${WAGES}`])),
      {},
    ],
    ['under another legal context', 'TOKEN_OF_OTHER_LEGAL_CONTEXT', shown(), { legalContext: 'PCSA:OTHER' }],
    ['about another day', 'TOKEN_OF_OTHER_DAY', shown(), { day: '2026-04-30' }],
    [
      'for a data service that is not disclosed',
      'TOKEN_OF_OTHER_DATA_SERVICE',
      shown(),
      { dataServices: [{ dataService: STATUS, fieldGroups: [] }] },
    ],
    [
      'for more than was signed',
      'TOKEN_OF_OTHER_FIELD_GROUPS',
      shown(),
      { dataServices: [{ dataService: WAGES, fieldGroups: ['employer', 'quarter'] }] },
    ],
    ['after it has expired', 'TOKEN_EXPIRED', shown(token({}, own.signing, now - 310)), {}],
  ])('answers no question %s', async (_, reason, one, more) => {
    expect(await handedOn(one, more)).toBe(reason);
  });

  it('is verified by keys from a file', () => {
    const keysOf = readInstitutionKeys(JSON.stringify({ [OFFICE]: keys }));
    expect([keysOf(OFFICE), keysOf(FUND)]).toEqual([keys, []]);
  });
});
