import { createHash, createPrivateKey, createPublicKey, randomUUID, X509Certificate } from 'node:crypto';
import { certificateHashOf } from '@crossroads/grpc';
import {
  accessAudit,
  clientIdOf,
  type ebox,
  personRegistry,
  type referenceDirectory,
  tokenAudienceOf,
} from '@crossroads/topology';
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
}

/** The official behind a call to the person registry, as their institution states it (ES256; believed for five minutes). */
export const officialToken = (
  { institution, officialId, role, unit, certificate }: OfficialClaims,
  key: { readonly kid: string; readonly privatePem: string },
): Promise<string> =>
  new SignJWT({
    role,
    ...(unit === undefined ? {} : { unit }),
    cnf: { 'x5t#S256': certificateHashOf(new X509Certificate(certificate)) },
  })
    .setProtectedHeader({ alg: 'ES256', kid: key.kid })
    .setIssuer(institution)
    .setAudience(tokenAudienceOf(personRegistry.name))
    .setSubject(officialId)
    .setIssuedAt()
    .setExpirationTime(LIFETIME)
    .sign(createPrivateKey(key.privatePem));

export interface CitizenClaims {
  readonly issuer: string;
  readonly ssin: string;
  /** PEM of the client certificate of the portal: the token works over no other, and names its application. */
  readonly certificate: string;
  /** How strongly the person was authenticated. @default `http://eidas.europa.eu/LoA/high` */
  readonly acr?: string;
  /** The service that the token is for; no other takes it. @default access-audit */
  readonly service?:
    | typeof accessAudit.name
    | typeof ebox.name
    | typeof personRegistry.name
    | typeof referenceDirectory.name;
  /** By enterprise number: `EBOX_READER`, `EBOX_MANAGER`. */
  readonly enterpriseRoles?: Readonly<Record<string, readonly string[]>>;
}

/** A level of assurance of eIDAS: that of an identity card. */
export const ACR_HIGH = 'http://eidas.europa.eu/LoA/high';

/**
 * What a sign-in provider says of a citizen who signs in now: an access token of RFC 9068, bound by RFC 8705 (ES256). Production has a
 * provider of its own; one machine has this.
 */
export const citizenToken = (
  { issuer, ssin, certificate, acr = ACR_HIGH, service = accessAudit.name, enterpriseRoles }: CitizenClaims,
  key: { readonly kid: string; readonly privatePem: string },
): Promise<string> => {
  const x509 = new X509Certificate(certificate);
  return new SignJWT({
    client_id: clientIdOf(applicationOf(x509)),
    cnf: { 'x5t#S256': certificateHashOf(x509) },
    acr,
    auth_time: Math.floor(Date.now() / 1_000),
    ssin,
    ...(enterpriseRoles === undefined ? {} : { enterprise_roles: enterpriseRoles }),
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.kid })
    .setIssuer(issuer)
    .setAudience(tokenAudienceOf(service))
    .setSubject(createHash('sha256').update(`${issuer}\n${ssin}`).digest('base64url'))
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(LIFETIME)
    .sign(createPrivateKey(key.privatePem));
};

/** Whom a client certificate names: `CN=<application>`, `O=<enterprise number>`. */
const applicationOf = ({ subject }: X509Certificate): { enterpriseNumber: string; application: string } => {
  const [, enterpriseNumber] = /^O=(\d{10})$/m.exec(subject) ?? [];
  const [, application] = /^CN=(.+)$/m.exec(subject) ?? [];
  if (enterpriseNumber === undefined || application === undefined)
    throw new TypeError('a token is for the certificate of an application of an institution');
  return { enterpriseNumber, application };
};

/** The public part of a PEM key as a JWK, to be registered. */
export const publicJwk = (pem: string): Promise<JWK> => exportJWK(createPublicKey(pem));
