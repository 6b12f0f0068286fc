import { createHash } from 'node:crypto';
import type { SigningKey } from '@crossroads/contracts/authorization/v1/policy';
import { Unauthenticated } from '@crossroads/grpc';
import { type CryptoKey, decodeJwt, decodeProtectedHeader, errors, importJWK, type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';

const ALGORITHMS = ['ES256', 'EdDSA'];
const LIFETIME_S = 300;
/** Clocks differ. */
const TOLERANCE_S = 5;
const MAX_LENGTH = 8_192;
const MAX_CLAIM = 128;
const MAX_CACHED = 10_000;

type TokenReason =
  | 'TOKEN_MALFORMED'
  | 'TOKEN_ALGORITHM'
  | 'TOKEN_KEY_UNKNOWN'
  | 'TOKEN_SIGNATURE'
  | 'TOKEN_OF_ANOTHER_INSTITUTION'
  | 'TOKEN_AUDIENCE'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_NOT_YET_VALID'
  | 'TOKEN_LIFETIME'
  | 'TOKEN_NOT_BOUND'
  | 'TOKEN_SUBJECT';

/** The official who made a request, as stated by the institution: a role and an opaque id, never a name. */
export interface Official {
  readonly role: string;
  readonly id: string;
}

/** For whom a token must speak, and over which connection. */
export interface TokenContext {
  /** The customer's enterprise number. */
  readonly institution: string;
  /** The keys with which that institution signs now. */
  readonly keys: readonly SigningKey[];
  /** base64url SHA-256 of the client certificate (RFC 8705). */
  readonly certificateHash: string;
}

interface Verified {
  readonly official: Official;
  readonly institution: string;
  readonly certificateHash: string;
  /** The very key that verified it, as JSON: a token dies with its key. */
  readonly key: string;
  readonly kid: string;
  readonly expires: number;
}

/** Verifies what an institution says of the official behind a call. A verified token is cached until it expires. */
export class OfficialTokens {
  private readonly verified = new LRUCache<string, Verified>({ max: MAX_CACHED });
  private readonly imported = new LRUCache<string, CryptoKey | Uint8Array>({ max: MAX_CACHED });

  /** @param audience the service that the tokens are for */
  constructor(
    private readonly audience: string,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** `authorization` is the value of that metadata key. @throws Unauthenticated, each time with its own reason. */
  async officialOf(authorization: string, context: TokenContext): Promise<Official> {
    const [, token] = /^Bearer +([A-Za-z0-9_.-]+)$/i.exec(authorization) ?? [];
    if (token === undefined || token.length > MAX_LENGTH)
      throw refuse('TOKEN_MALFORMED', 'authorization must be "Bearer <JWT>"');
    const id = createHash('sha256').update(token).digest('base64url');
    const known = this.verified.get(id);
    if (known && this.holds(known, context)) return known.official;
    const verified = await this.verify(token, context);
    this.verified.set(id, verified);
    return verified.official;
  }

  private holds(known: Verified, { institution, certificateHash, keys }: TokenContext): boolean {
    return (
      known.expires > this.now().getTime() / 1000 &&
      known.institution === institution &&
      known.certificateHash === certificateHash &&
      keys.some(({ kid, jwk }) => kid === known.kid && JSON.stringify(jwk) === known.key)
    );
  }

  private async verify(token: string, context: TokenContext): Promise<Verified> {
    const { alg, kid } = headerOf(token);
    if (alg === undefined || !ALGORITHMS.includes(alg))
      throw refuse('TOKEN_ALGORITHM', 'an official’s token is signed with ES256 or EdDSA');
    // Who it says it is from decides which refusal helps; nothing else is believed before the signature is checked.
    if (claimsOf(token).iss !== context.institution)
      throw refuse('TOKEN_OF_ANOTHER_INSTITUTION', 'iss must be the enterprise number of the customer');
    const signingKey = context.keys.find((key) => key.kid === kid);
    if (signingKey === undefined)
      throw refuse('TOKEN_KEY_UNKNOWN', 'kid names no key that the institution has registered');
    const key = JSON.stringify(signingKey.jwk);
    const payload = await this.payloadOf(token, await this.import(key, alg), alg);
    return { ...this.check(payload, context), institution: context.institution, key, kid: signingKey.kid };
  }

  private async payloadOf(token: string, key: CryptoKey | Uint8Array, alg: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [alg],
        audience: this.audience,
        clockTolerance: TOLERANCE_S,
        currentDate: this.now(),
        requiredClaims: ['exp'],
      });
      return payload;
    } catch (error) {
      throw meaningOf(error, this.audience);
    }
  }

  private check(
    payload: JWTPayload,
    { certificateHash }: TokenContext,
  ): Pick<Verified, 'official' | 'certificateHash' | 'expires'> {
    const { sub, exp = 0, iat } = payload;
    const now = this.now().getTime() / 1000;
    if (exp > now + LIFETIME_S + TOLERANCE_S || (iat !== undefined && exp - iat > LIFETIME_S))
      throw refuse('TOKEN_LIFETIME', 'a token lives five minutes at most');
    if (thumbprintOf(payload) !== certificateHash)
      throw refuse('TOKEN_NOT_BOUND', 'cnf.x5t#S256 must be the hash of the client certificate of this connection');
    if (sub === undefined || !isClaim(sub) || /^\d{11}$/.test(sub))
      throw refuse('TOKEN_SUBJECT', `sub must be an opaque id of the official, 1 to ${MAX_CLAIM} characters, no SSIN`);
    const role = [payload.role, payload.unit].filter(isClaim).join(' / ');
    return { official: { role, id: sub }, certificateHash, expires: exp };
  }

  private async import(key: string, alg: string): Promise<CryptoKey | Uint8Array> {
    const known = this.imported.get(`${alg} ${key}`);
    if (known) return known;
    try {
      const imported = await importJWK(JSON.parse(key), alg);
      this.imported.set(`${alg} ${key}`, imported);
      return imported;
    } catch {
      throw refuse('TOKEN_KEY_UNKNOWN', 'the registered key of this kid does not fit the algorithm');
    }
  }
}

const isClaim = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_CLAIM;

const thumbprintOf = ({ cnf }: JWTPayload): unknown =>
  typeof cnf === 'object' && cnf !== null ? Reflect.get(cnf, 'x5t#S256') : undefined;

const headerOf = (token: string): { readonly alg?: string | undefined; readonly kid?: string | undefined } => {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw refuse('TOKEN_MALFORMED', 'the token is no JWT');
  }
};

const claimsOf = (token: string): JWTPayload => {
  try {
    return decodeJwt(token);
  } catch {
    throw refuse('TOKEN_MALFORMED', 'the token is no JWT');
  }
};

const meaningOf = (error: unknown, audience: string): unknown => {
  if (error instanceof errors.JWTExpired) return refuse('TOKEN_EXPIRED', 'the token has expired; ask for a new one');
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refuse('TOKEN_SIGNATURE', 'the signature is not that of the key that kid names');
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return refuse('TOKEN_AUDIENCE', `aud must be ${audience}`);
    if (error.claim === 'nbf') return refuse('TOKEN_NOT_YET_VALID', 'the token is not valid yet');
    if (error.claim === 'exp') return refuse('TOKEN_LIFETIME', 'a token needs an exp, five minutes ahead at most');
  }
  if (error instanceof errors.JOSEError) return refuse('TOKEN_MALFORMED', 'the token is no JWT that can be verified');
  return error;
};

const refuse = (reason: TokenReason, message: string) => new Unauthenticated(reason, message);
