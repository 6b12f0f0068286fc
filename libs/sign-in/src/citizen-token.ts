import { type Caller, Unauthenticated } from '@crossroads/grpc';
import { type IsoDay, type Mode, parseSsin, type Ssin } from '@crossroads/identifiers';
import { type Policy, rightMissing } from '@crossroads/policy';
import { clientIdOf } from '@crossroads/topology';
import { createLocalJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { type EnterpriseRoles, enterpriseRolesOf } from './enterprise-roles.js';

const LIFETIME_S = 300;
/** How long ago somebody may have signed in: a portal that is taken over has the sessions of that time, not all of them. */
const SIGN_IN_AGE_S = 900;
/** Clocks differ. */
const TOLERANCE_S = 5;
const MAX_LENGTH = 8_192;
const MAX_ID = 200;

/** The application through which somebody has signed in. */
export type Portal = Extract<Caller, { readonly kind: 'institution' }>;

/** What a sign-in provider says of a person. */
export interface TokenClaims {
  readonly ssin: Ssin;
  readonly enterpriseRoles: EnterpriseRoles;
  /** Identifies the token, also of a provider that uses a `jti` again. `exp` in seconds. */
  readonly token: { readonly issuer: string; readonly jti: string; readonly exp: number };
}

export interface SignInContext {
  /** For which service the token is. */
  readonly audience: string;
  /** Who shows the token, over this connection. */
  readonly portal: Portal;
  readonly policy: Pick<Policy, 'rightsOf' | 'signInProvider'>;
  readonly mode: Mode;
  readonly today: IsoDay;
  readonly now: Date;
}

/**
 * The person whom a registered sign-in provider authenticated: an access token of RFC 9068, bound to the certificate of the portal by RFC
 * 8705, with the claim `ssin` and, optionally, `enterprise_roles`. `authorization` is the value of that metadata key. It is the only place
 * outside a message that contains an SSIN: it is never logged, and no error repeats it.
 * @throws Unauthenticated with a reason of its own for each fault; PermissionDenied `RIGHT_MISSING`
 */
export const citizenOf = async (authorization: string | undefined, context: SignInContext): Promise<TokenClaims> => {
  if (authorization === undefined) throw refuse('TOKEN_MISSING', 'sign in first: authorization must be "Bearer <JWT>"');
  const [, token] = /^Bearer +([A-Za-z0-9_.-]+)$/i.exec(authorization) ?? [];
  if (token === undefined || token.length > MAX_LENGTH)
    throw refuse('TOKEN_MALFORMED', 'authorization must be "Bearer <JWT>"');
  const { audience, policy, portal, now } = context;
  const provider = policy.signInProvider(issuerOf(token));
  if (!provider) throw refuse('TOKEN_ISSUER', 'iss is not a sign-in provider that this mesh knows');
  const { issuer, keys, acceptedAcr } = provider;
  // Only a portal of this provider: a token that was meant for another one opens nothing here.
  if (!policy.rightsOf(portal).isPortalOf(issuer)) throw rightMissing(`portal:${issuer}`);
  try {
    const { payload } = await jwtVerify(
      token,
      createLocalJWKSet({ keys: keys.map(({ kid, jwk }) => ({ ...jwk, kty: String(jwk?.['kty']), kid })) }),
      {
        algorithms: ['ES256', 'EdDSA'],
        typ: 'at+jwt',
        issuer,
        audience,
        clockTolerance: TOLERANCE_S,
        currentDate: now,
        requiredClaims: ['exp', 'ssin'],
      },
    );
    requireBound(payload, portal);
    requireRecent(payload, acceptedAcr, now.getTime() / 1000);
    return claimsOf(payload, issuer, context);
  } catch (error) {
    throw meaningOf(error, audience);
  }
};

const requireBound = ({ cnf, client_id: clientId }: JWTPayload, portal: Portal): void => {
  const bound: unknown = typeof cnf === 'object' && cnf !== null ? Reflect.get(cnf, 'x5t#S256') : undefined;
  if (bound !== portal.certificateHash)
    throw refuse(
      'TOKEN_NOT_BOUND',
      'cnf.x5t#S256 must be the hash of the client certificate of this connection (RFC 8705); ask for the token with that certificate',
    );
  if (clientId !== clientIdOf(portal))
    throw refuse(
      'TOKEN_CLIENT',
      `client_id must be ${clientIdOf(portal)}, the application that shows the token; sign in through it`,
    );
};

const requireRecent = (
  { exp = 0, auth_time: signedIn, acr }: JWTPayload,
  acceptedAcr: readonly string[],
  now: number,
): void => {
  if (exp > now + LIFETIME_S + TOLERANCE_S)
    throw refuse('TOKEN_LIFETIME', 'exp is five minutes ahead at most; ask for a token that lives shorter');
  if (typeof signedIn !== 'number' || signedIn > now + TOLERANCE_S || signedIn < now - SIGN_IN_AGE_S - TOLERANCE_S)
    throw refuse('TOKEN_SIGN_IN_AGE', 'auth_time must be at most 15 minutes ago; sign in again');
  if (typeof acr !== 'string' || !acceptedAcr.includes(acr))
    throw refuse('TOKEN_ACR', `acr must be one of ${acceptedAcr.join(', ')}; sign in by a stronger means`);
};

const claimsOf = (payload: JWTPayload, issuer: string, { mode, today }: SignInContext): TokenClaims => {
  const { ssin, enterprise_roles: roles, jti, exp = 0 } = payload;
  if (typeof jti !== 'string' || jti.length === 0 || jti.length > MAX_ID)
    throw refuse('TOKEN_ID', `jti must be 1 to ${MAX_ID} characters, another for each token`);
  const parsed = typeof ssin === 'string' ? parseSsin(ssin, { mode, today }) : undefined;
  if (!parsed?.ok) throw refuse('TOKEN_SUBJECT', 'the claim ssin is not a valid number');
  const enterpriseRoles = enterpriseRolesOf(roles);
  if (!enterpriseRoles)
    throw refuse('TOKEN_MALFORMED', 'the claim enterprise_roles must be {"<enterprise number>": ["<role>", …], …}');
  return { ssin: parsed.ssin, enterpriseRoles, token: { issuer, jti, exp } };
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
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return refuse('TOKEN_AUDIENCE', `aud must be ${audience}`);
    if (error.claim === 'typ')
      return refuse('TOKEN_TYPE', 'typ must be at+jwt: an access token (RFC 9068), not an ID token');
    return refuse('TOKEN_MALFORMED', 'the token lacks a claim that is needed: iss, aud, exp, ssin');
  }
  if (error instanceof errors.JOSEError) return refuse('TOKEN_MALFORMED', 'the token is no JWT that can be verified');
  return error;
};

const refuse = (reason: string, message: string) => new Unauthenticated(reason, message);
