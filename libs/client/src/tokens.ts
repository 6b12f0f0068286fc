import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { certificateHashOf } from '@crossroads/grpc';
import { accessAudit, type ebox, exchange, type personRegistry, tokenAudienceOf } from '@crossroads/topology';
import { exportJWK, type JWK, SignJWT } from 'jose';

const LIFETIME = '5 minutes';

export interface OfficialClaims {
  /** Enterprise number of the institution that signs. */
  readonly institution: string;
  /** How the institution names the official inside; opaque, never an SSIN. */
  readonly officialId: string;
  readonly role: string;
  readonly unit?: string;
  /** PEM of the client certificate of the connection: the token works over no other. */
  readonly certificate: string;
  /** The service that the token is for; no other takes it. @default exchange */
  readonly service?: typeof exchange.name | typeof personRegistry.name;
}

/** The official behind a call, as their institution states it (ES256; services believe it for five minutes). */
export const officialToken = (
  { institution, officialId, role, unit, certificate, service = exchange.name }: OfficialClaims,
  key: { readonly kid: string; readonly privatePem: string },
): Promise<string> =>
  new SignJWT({
    role,
    ...(unit === undefined ? {} : { unit }),
    cnf: { 'x5t#S256': certificateHashOf(new X509Certificate(certificate)) },
  })
    .setProtectedHeader({ alg: 'ES256', kid: key.kid })
    .setIssuer(institution)
    .setAudience(tokenAudienceOf(service))
    .setSubject(officialId)
    .setIssuedAt()
    .setExpirationTime(LIFETIME)
    .sign(createPrivateKey(key.privatePem));

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
