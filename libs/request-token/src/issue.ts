import { createPrivateKey, sign } from 'node:crypto';
import type { IsoDay } from '@crossroads/identifiers';
import {
  APPLICATION,
  type AskedService,
  type Asker,
  LIFETIME_S,
  OFFICIAL,
  PERSON,
  serviceClaim,
  TOKEN_AUDIENCE,
  TOKEN_TYPE,
} from './request-claims.js';
import { disclosureOf, serialized } from './sd-jwt.js';

/** A question, as the institution for which it is asked signs it. */
export interface SignedQuestion {
  /** Enterprise number of the institution for which is asked, and whose key signs. */
  readonly customer: string;
  /** The `request_id`. */
  readonly requestId: string;
  readonly asker: Asker;
  readonly ssin: string;
  readonly legalContext: string;
  /** The day about which is asked. */
  readonly day: IsoDay;
  readonly dataServices: readonly AskedService[];
  /** base64url SHA-256 of the client certificate of the connection: see `certificateHashOf` of @crossroads/grpc. The token works over no other. */
  readonly certificateHash: string;
}

/** A registered official key of an institution: P-256 or Ed25519, PKCS #8 PEM. */
export interface SigningKeyPair {
  readonly kid: string;
  readonly privatePem: string;
}

/** Signs a question; it is believed for five minutes. @param now in seconds */
export const issueRequestToken = (
  { customer, requestId, asker, ssin, legalContext, day, dataServices, certificateHash }: SignedQuestion,
  { kid, privatePem }: SigningKeyPair,
  now: number = Math.floor(Date.now() / 1000),
): string => {
  const { kind: _, ...official } = asker;
  const disclosures = [
    asker.kind === 'official' ? disclosureOf(OFFICIAL, official) : disclosureOf(APPLICATION, asker.name),
    disclosureOf(PERSON, ssin),
    ...dataServices.map(({ dataService, fieldGroups }) => disclosureOf(serviceClaim(dataService), fieldGroups)),
  ];
  const payload = {
    iss: customer,
    aud: TOKEN_AUDIENCE,
    jti: requestId,
    iat: now,
    exp: now + LIFETIME_S,
    cnf: { 'x5t#S256': certificateHash },
    legal_context: legalContext,
    day,
    // Their order says nothing of what they stand for.
    _sd: disclosures.map(({ digest }) => digest).sort(),
    _sd_alg: 'sha-256',
  };
  return serialized(
    jwsOf(payload, kid, privatePem),
    disclosures.map(({ encoded }) => encoded),
  );
};

/** Compact serialization (RFC 7515, section 7.1). */
const jwsOf = (payload: object, kid: string, privatePem: string): string => {
  const key = createPrivateKey(privatePem);
  const isEdwards = key.asymmetricKeyType === 'ed25519';
  const header = { alg: isEdwards ? 'EdDSA' : 'ES256', kid, typ: TOKEN_TYPE };
  const input = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = isEdwards
    ? sign(null, Buffer.from(input), key)
    : sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
};
