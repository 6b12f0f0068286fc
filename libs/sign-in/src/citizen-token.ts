import { Unauthenticated } from '@crossroads/grpc';
import { type IsoDay, type Mode, parseSsin, type Ssin } from '@crossroads/identifiers';
import type { Policy } from '@crossroads/policy';
import { createLocalJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { type EnterpriseRoles, enterpriseRolesOf } from './enterprise-roles.js';

const LIFETIME_S = 300;
const TOLERANCE_S = 5;
const MAX_LENGTH = 8_192;

/** What a sign-in provider says of a person. */
export interface TokenClaims {
  readonly ssin: Ssin;
  /** The sign-in provider. */
  readonly issuer: string;
  readonly enterpriseRoles: EnterpriseRoles;
}

export interface SignInContext {
  /** For which service the token is. */
  readonly audience: string;
  readonly policy: Policy;
  readonly mode: Mode;
  readonly today: IsoDay;
  readonly now: Date;
}

/**
 * The person whom a registered sign-in provider authenticated: claims `ssin` and, optionally, `enterprise_roles`. `authorization` is
 * the value of that metadata key. It is the only place outside a message that contains an SSIN: it is never logged, and no error
 * repeats it.
 * @throws Unauthenticated with a reason of its own for each fault
 */
export const citizenOf = async (
  authorization: string | undefined,
  { audience, policy, mode, today, now }: SignInContext,
): Promise<TokenClaims> => {
  if (authorization === undefined) throw refuse('TOKEN_MISSING', 'sign in first: authorization must be "Bearer <JWT>"');
  const [, token] = /^Bearer +([A-Za-z0-9_.-]+)$/i.exec(authorization) ?? [];
  if (token === undefined || token.length > MAX_LENGTH)
    throw refuse('TOKEN_MALFORMED', 'authorization must be "Bearer <JWT>"');
  const provider = policy.signInProvider(issuerOf(token));
  if (!provider) throw refuse('TOKEN_ISSUER', 'iss is not a sign-in provider that this mesh knows');
  try {
    const { payload } = await jwtVerify(
      token,
      createLocalJWKSet({ keys: provider.keys.map(({ kid, jwk }) => ({ ...jwk, kty: String(jwk?.['kty']), kid })) }),
      {
        algorithms: ['ES256', 'EdDSA'],
        issuer: provider.issuer,
        audience,
        clockTolerance: TOLERANCE_S,
        currentDate: now,
        requiredClaims: ['exp', 'ssin'],
      },
    );
    if ((payload.exp ?? 0) > now.getTime() / 1000 + LIFETIME_S + TOLERANCE_S)
      throw refuse('TOKEN_LIFETIME', 'a token lives five minutes at most');
    return claimsOf(payload, mode, today);
  } catch (error) {
    throw meaningOf(error, audience);
  }
};

const claimsOf = (payload: JWTPayload, mode: Mode, today: IsoDay): TokenClaims => {
  const { ssin, enterprise_roles: roles } = payload;
  const parsed = typeof ssin === 'string' ? parseSsin(ssin, { mode, today }) : undefined;
  if (!parsed?.ok) throw refuse('TOKEN_SUBJECT', 'the claim ssin is not a valid number');
  const enterpriseRoles = enterpriseRolesOf(roles);
  if (!enterpriseRoles)
    throw refuse('TOKEN_MALFORMED', 'the claim enterprise_roles must be {"<enterprise number>": ["<role>", …], …}');
  return { ssin: parsed.ssin, issuer: payload.iss ?? '', enterpriseRoles };
};

const issuerOf = (token: string): string => {
  try {
    return decodeJwt(token).iss ?? '';
  } catch {
    throw refuse('TOKEN_MALFORMED', 'the token is no JWT');
  }
};

const meaningOf = (error: unknown, audience: string): unknown => {
  if (error instanceof errors.JWTExpired) return refuse('TOKEN_EXPIRED', 'the token has expired; sign in again');
  if (error instanceof errors.JOSEAlgNotAllowed)
    return refuse('TOKEN_ALGORITHM', 'a sign-in token is signed with ES256 or EdDSA');
  if (error instanceof errors.JWKSNoMatchingKey)
    return refuse('TOKEN_KEY_UNKNOWN', 'kid names no key of this provider');
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refuse('TOKEN_SIGNATURE', 'the signature is not that of the key that kid names');
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.claim === 'aud'
      ? refuse('TOKEN_AUDIENCE', `aud must be ${audience}`)
      : refuse('TOKEN_MALFORMED', 'the token lacks a claim that is needed: iss, aud, exp, ssin');
  if (error instanceof errors.JOSEError) return refuse('TOKEN_MALFORMED', 'the token is no JWT that can be verified');
  return error;
};

const refuse = (reason: string, message: string) => new Unauthenticated(reason, message);
