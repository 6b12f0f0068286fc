import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { certificateHashOf } from '@crossroads/grpc';
import { personRegistry, tokenAudienceOf } from '@crossroads/topology';
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

/** The public part of a PEM key as a JWK, to be registered. */
export const publicJwk = (pem: string): Promise<JWK> => exportJWK(createPublicKey(pem));
