import type { SigningKey } from '@crossroads/contracts/authorization/v1/policy';
import { Unauthenticated } from '@crossroads/grpc/failures';
import {
  type CryptoKey,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  importJWK,
  type JWTPayload,
  jwtVerify,
  type ProtectedHeaderParameters,
} from 'jose';
import { LRUCache } from 'lru-cache';
import {
  ALGORITHMS,
  APPLICATION,
  applicationSchema,
  type AskedService,
  type Asker,
  fieldGroupsSchema,
  LIFETIME_S,
  OFFICIAL,
  officialSchema,
  payloadSchema,
  PERSON,
  personSchema,
  serviceClaim,
  TOKEN_AUDIENCE,
  TOKEN_TYPE,
} from './request-claims.js';
import { disclosedClaims, MalformedSdJwt, partsOf } from './sd-jwt.js';

const MAX_LENGTH = 16_384;
const MAX_KEYS = 10_000;

export type TokenReason =
  | 'TOKEN_MISSING'
  | 'TOKEN_MALFORMED'
  | 'TOKEN_ALGORITHM'
  | 'TOKEN_KEY_UNKNOWN'
  | 'TOKEN_SIGNATURE'
  | 'TOKEN_OF_OTHER_INSTITUTION'
  | 'TOKEN_AUDIENCE'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_NOT_YET_VALID'
  | 'TOKEN_LIFETIME'
  | 'TOKEN_OF_OTHER_CERTIFICATE'
  | 'TOKEN_OF_OTHER_REQUEST'
  | 'TOKEN_OF_OTHER_LEGAL_CONTEXT'
  | 'TOKEN_OF_OTHER_DAY'
  | 'TOKEN_OF_OTHER_PERSON'
  | 'TOKEN_OF_OTHER_DATA_SERVICE'
  | 'TOKEN_OF_OTHER_FIELD_GROUPS'
  | 'TOKEN_OF_NOBODY';

/** The question for which a token must have been signed. */
export interface TokenQuestion {
  /** Enterprise number: who must have signed. */
  readonly customer: string;
  readonly ssin: string;
  readonly legalContext: string;
  readonly day: string;
  readonly dataServices: readonly AskedService[];
}

/** What only the exchange can check: it has the connection, and the request as it was made. */
export interface TokenConnection {
  readonly requestId: string;
  readonly application: string;
  /** base64url SHA-256 of the client certificate. */
  readonly certificateHash: string;
}

interface Signed {
  readonly jti: string;
  readonly legalContext: string;
  readonly day: string;
  readonly certificateHash: string;
  readonly claims: ReadonlyMap<string, unknown>;
}

export interface VerifierOptions {
  /** @default the clock of this machine */
  readonly now?: () => Date;
  /** How far clocks may differ, in seconds. */
  readonly toleranceS: number;
}

/** Verifies request tokens. Keys are imported once; a token is verified each time, by the keys of that moment. */
export class RequestTokens {
  private readonly imported = new LRUCache<string, CryptoKey | Uint8Array>({ max: MAX_KEYS });
  private readonly now: () => Date;

  constructor(private readonly options: VerifierOptions) {
    this.now = options.now ?? (() => new Date());
  }

  /** For the exchange. @returns who asks @throws Unauthenticated, with a `TokenReason` */
  async verify(
    token: string,
    question: TokenQuestion,
    keys: readonly SigningKey[],
    { requestId, application, certificateHash }: TokenConnection,
  ): Promise<Asker> {
    const signed = await this.signed(token, question.customer, keys);
    if (signed.certificateHash !== certificateHash)
      throw refuse('TOKEN_OF_OTHER_CERTIFICATE', 'cnf.x5t#S256 must be the hash of the certificate of this connection');
    if (signed.jti.toLowerCase() !== requestId.toLowerCase())
      throw refuse('TOKEN_OF_OTHER_REQUEST', 'jti must be the request_id');
    requireSame(signed, question, sameGroups);
    const asker = askerIn(signed);
    if (asker.kind === 'application' && asker.name !== application)
      throw refuse('TOKEN_OF_NOBODY', 'the claim application must be the one of the certificate');
    return asker;
  }

  /** For a source, which is shown the person and its own data service, of which a part may be asked. @throws Unauthenticated */
  async verifyHandedOn(token: string, question: TokenQuestion, keys: readonly SigningKey[]): Promise<void> {
    requireSame(await this.signed(token, question.customer, keys), question, withinGroups);
  }

  private async signed(token: string, customer: string, keys: readonly SigningKey[]): Promise<Signed> {
    if (token === '') throw refuse('TOKEN_MISSING', 'a question needs a request token, signed by the customer');
    if (token.length > MAX_LENGTH) throw refuse('TOKEN_MALFORMED', `a token has ${MAX_LENGTH} characters at most`);
    try {
      const { jwt, disclosures } = partsOf(token);
      const payload = await this.payloadOf(jwt, customer, keys);
      const claims = payloadSchema.safeParse(payload);
      if (!claims.success) throw refuse('TOKEN_MALFORMED', 'jti, iat, exp, legal_context, day and cnf are needed');
      const { jti, iat, exp, legal_context: legalContext, day, cnf } = claims.data;
      const { toleranceS } = this.options;
      if (exp - iat > LIFETIME_S || exp > this.now().getTime() / 1000 + LIFETIME_S + toleranceS)
        throw refuse('TOKEN_LIFETIME', 'a token lives five minutes at most');
      return {
        jti,
        legalContext,
        day,
        certificateHash: cnf['x5t#S256'],
        claims: disclosedClaims(payload, disclosures),
      };
    } catch (error) {
      throw meaningOf(error);
    }
  }

  private async payloadOf(jwt: string, customer: string, keys: readonly SigningKey[]): Promise<JWTPayload> {
    const { alg, kid } = headerOf(jwt);
    if (alg === undefined || !ALGORITHMS.includes(alg))
      throw refuse('TOKEN_ALGORITHM', 'a request token is signed with ES256 or EdDSA');
    // Who it says it is from decides which refusal helps; nothing else is believed before the signature is checked.
    if (decodeJwt(jwt).iss !== customer)
      throw refuse('TOKEN_OF_OTHER_INSTITUTION', 'iss must be the enterprise number of the customer');
    const key = keys.find((one) => one.kid === kid);
    if (key === undefined)
      throw refuse('TOKEN_KEY_UNKNOWN', 'kid names no official key that the customer has registered');
    const { payload } = await jwtVerify(jwt, await this.import(JSON.stringify(key.jwk), alg), {
      algorithms: [alg],
      audience: TOKEN_AUDIENCE,
      typ: TOKEN_TYPE,
      clockTolerance: this.options.toleranceS,
      currentDate: this.now(),
      requiredClaims: ['exp', 'iat'],
    });
    return payload;
  }

  private async import(jwk: string, alg: string): Promise<CryptoKey | Uint8Array> {
    const name = `${alg} ${jwk}`;
    const known = this.imported.get(name);
    if (known) return known;
    try {
      const imported = await importJWK(JSON.parse(jwk), alg);
      this.imported.set(name, imported);
      return imported;
    } catch {
      throw refuse('TOKEN_KEY_UNKNOWN', 'the registered key of this kid does not fit the algorithm');
    }
  }
}

type GroupsRule = (signed: readonly string[], asked: readonly string[]) => boolean;

const sameGroups: GroupsRule = (signed, asked) =>
  signed.length === asked.length && signed.every((group, index) => group === asked[index]);

/** None signed: all that is granted. */
const withinGroups: GroupsRule = (signed, asked) =>
  signed.length === 0 || asked.every((group) => signed.includes(group));

const requireSame = ({ legalContext, day, claims }: Signed, question: TokenQuestion, holds: GroupsRule): void => {
  if (legalContext !== question.legalContext)
    throw refuse('TOKEN_OF_OTHER_LEGAL_CONTEXT', 'legal_context must be that of the request');
  if (day !== question.day) throw refuse('TOKEN_OF_OTHER_DAY', 'day must be the day that is asked about');
  const person = personSchema.safeParse(claims.get(PERSON));
  if (!person.success || person.data !== question.ssin)
    throw refuse('TOKEN_OF_OTHER_PERSON', 'the claim person must be disclosed, and be the number that is asked about');
  for (const { dataService, fieldGroups } of question.dataServices) {
    const groups = fieldGroupsSchema.safeParse(claims.get(serviceClaim(dataService)));
    if (!groups.success)
      throw refuse(
        'TOKEN_OF_OTHER_DATA_SERVICE',
        'each data service that is asked must be disclosed, with its field groups',
      );
    if (!holds(groups.data, fieldGroups))
      throw refuse('TOKEN_OF_OTHER_FIELD_GROUPS', 'the field groups that are asked must be those that were signed');
  }
};

const askerIn = ({ claims }: Signed): Asker => {
  const official = officialSchema.safeParse(claims.get(OFFICIAL));
  const application = applicationSchema.safeParse(claims.get(APPLICATION));
  if (official.success && !claims.has(APPLICATION)) return { kind: 'official', ...official.data };
  if (application.success && !claims.has(OFFICIAL)) return { kind: 'application', name: application.data };
  throw refuse(
    'TOKEN_OF_NOBODY',
    'either official must be disclosed, with an opaque id (no SSIN) and a role, or application',
  );
};

const headerOf = (jwt: string): ProtectedHeaderParameters => {
  try {
    return decodeProtectedHeader(jwt);
  } catch {
    throw new MalformedSdJwt('the token begins with no JWT');
  }
};

const meaningOf = (error: unknown): unknown => {
  if (error instanceof MalformedSdJwt) return refuse('TOKEN_MALFORMED', error.message);
  if (error instanceof errors.JWTExpired) return refuse('TOKEN_EXPIRED', 'the token has expired; sign a new one');
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refuse('TOKEN_SIGNATURE', 'the signature is not that of the key that kid names');
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return refuse('TOKEN_AUDIENCE', `aud must be ${TOKEN_AUDIENCE}`);
    if (error.claim === 'nbf') return refuse('TOKEN_NOT_YET_VALID', 'the token is not valid yet; compare the clocks');
    if (error.claim === 'exp') return refuse('TOKEN_LIFETIME', 'a token needs an exp, five minutes ahead at most');
    if (error.claim === 'typ') return refuse('TOKEN_MALFORMED', `typ must be ${TOKEN_TYPE}`);
  }
  if (error instanceof errors.JOSEError)
    return refuse('TOKEN_MALFORMED', 'the token is no SD-JWT that can be verified');
  return error;
};

const refuse = (reason: TokenReason, message: string) => new Unauthenticated(reason, message);
