import { createPrivateKey, createPublicKey } from 'node:crypto';
import { accessAudit, type ebox, tokenAudienceOf } from '@crossroads/topology';
import { exportJWK, type JWK, SignJWT } from 'jose';

const LIFETIME = '5 minutes';

export interface CitizenClaims {
  readonly issuer: string;
  readonly ssin: string;
  /** The service that the token is for; no other takes it. @default access-audit */
  readonly service?: typeof accessAudit.name | typeof ebox.name;
  /** By enterprise number: `EBOX_READER`, `EBOX_MANAGER`. */
  readonly enterpriseRoles?: Readonly<Record<string, readonly string[]>>;
}

/** What a sign-in provider says of a citizen (ES256). Production has a provider of its own; one machine has this. */
export const citizenToken = (
  { issuer, ssin, service = accessAudit.name, enterpriseRoles }: CitizenClaims,
  key: { readonly kid: string; readonly privatePem: string },
): Promise<string> =>
  new SignJWT({ ssin, ...(enterpriseRoles === undefined ? {} : { enterprise_roles: enterpriseRoles }) })
    .setProtectedHeader({ alg: 'ES256', kid: key.kid })
    .setIssuer(issuer)
    .setAudience(tokenAudienceOf(service))
    .setIssuedAt()
    .setExpirationTime(LIFETIME)
    .sign(createPrivateKey(key.privatePem));

/** The public part of a PEM key as a JWK, to be registered. */
export const publicJwk = (pem: string): Promise<JWK> => exportJWK(createPublicKey(pem));
