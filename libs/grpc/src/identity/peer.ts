import { createHash, X509Certificate } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';
import { isEnterpriseNumber } from '@crossroads/identifiers';
import { Unauthenticated } from '../errors/failures.js';
import type { Caller } from './caller.js';

/** The URIs of Node's rendering of a subjectAltName, in which values with special characters are JSON strings. */
export const subjectAlternativeUris = (names: string | undefined): string[] => {
  const uris: string[] = [];
  const entries = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g;
  for (const [, type, value = ''] of (names ?? '').matchAll(entries)) {
    if (type === 'URI') uris.push(value.startsWith('"') ? String(JSON.parse(value)) : value);
  }
  return uris;
};

/** Names of applications and services have the form of DNS labels. */
const NAME = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const INSTITUTION = new RegExp(`^/institution/([0-9]{10})/application/(${NAME})$`);
const SERVICE = new RegExp(`^/service/(${NAME})$`);

/** Who a certificate names. */
export type Identity =
  | { readonly kind: 'institution'; readonly enterpriseNumber: string; readonly application: string }
  | { readonly kind: 'service'; readonly name: string };

/** The server that a client expects. Without an application, any application of the institution (an authentic source). */
export type ServerIdentity = Identity | { readonly kind: 'institution'; readonly enterpriseNumber: string };

/** `spiffe://<trust domain>/service/<name>` or `…/institution/<enterprise number>/application/<name>`; ends in `/` for any application. */
export const identityUri = (trustDomain: string, identity: ServerIdentity): string => {
  if (identity.kind === 'service') return `spiffe://${trustDomain}/service/${identity.name}`;
  const application = 'application' in identity ? identity.application : '';
  return `spiffe://${trustDomain}/institution/${identity.enterpriseNumber}/application/${application}`;
};

const identityOf = (trustDomain: string, uri: string): Identity | undefined => {
  const prefix = `spiffe://${trustDomain}`;
  if (!uri.startsWith(prefix)) return undefined;
  const path = uri.slice(prefix.length);
  const [, enterpriseNumber, application] = INSTITUTION.exec(path) ?? [];
  if (enterpriseNumber !== undefined && application !== undefined)
    return isEnterpriseNumber(enterpriseNumber) ? { kind: 'institution', enterpriseNumber, application } : undefined;
  const [, name] = SERVICE.exec(path) ?? [];
  return name === undefined ? undefined : { kind: 'service', name };
};

/**
 * The application that a process's own certificate names, whatever the trust domain; nothing is verified.
 * @throws TypeError for a certificate of no application
 */
export const applicationIn = (certificate: X509Certificate): { enterpriseNumber: string; application: string } => {
  for (const uri of subjectAlternativeUris(certificate.subjectAltName)) {
    const identity = identityOf(URL.parse(uri)?.host ?? '', uri);
    if (identity?.kind === 'institution') return identity;
  }
  throw new TypeError('the certificate is of no application of an institution');
};

const subjectAgrees = (identity: Identity, spki: string, { CN, OU, O }: Readonly<Partial<Record<string, unknown>>>) =>
  identity.kind === 'service'
    ? CN === identity.name && OU === undefined && O === undefined
    : CN === identity.application && OU === spki && O === identity.enterpriseNumber;

/** base64url of the SHA-256 of a certificate's SubjectPublicKeyInfo: how `authorization` registers a key. */
export const spkiOf = (certificate: X509Certificate): string =>
  createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');

/** base64url of the SHA-256 of a certificate's DER bytes: `x5t#S256` of RFC 8705. */
export const certificateHashOf = ({ raw }: X509Certificate): string =>
  createHash('sha256').update(raw).digest('base64url');
const TITLES = { service: 'a service of the mesh', institution: "an institution's application" } as const;

/** A caller, and when its certificate expires (a connection may last longer). */
export interface IdentifiedPeer {
  readonly caller: Caller;
  readonly notAfter: number;
}

/**
 * Reads a verified peer certificate. Each kind of peer has authorities of its own: whoever trusts those of one kind believes them no name of
 * the other. Kafka's ACLs use the subject and gRPC the URI, so the two must name the same caller, and the same key.
 * @throws Unauthenticated
 */
export const peerOf = (
  certificate: PeerCertificate | undefined,
  trustDomain: string,
  kind: Caller['kind'],
): IdentifiedPeer => {
  if (certificate === undefined)
    throw new Unauthenticated('CLIENT_CERTIFICATE_REQUIRED', 'connect with a client certificate of the mesh');
  const uris = subjectAlternativeUris(certificate.subjectaltname);
  const [uri] = uris;
  const identity = uri === undefined || uris.length > 1 ? undefined : identityOf(trustDomain, uri);
  if (identity === undefined)
    throw new Unauthenticated(
      'CERTIFICATE_NAMES_NOBODY',
      `the certificate needs exactly one URI, of a service or an institution's application in ${trustDomain}; ask for a new one`,
    );
  if (identity.kind !== kind)
    throw new Unauthenticated(
      'CERTIFICATE_OF_ANOTHER_KIND',
      `the certificate names ${TITLES[identity.kind]}, and this port is for ${TITLES[kind]}; connect to the other port, with a certificate of the authorities that it trusts`,
    );
  const x509 = new X509Certificate(certificate.raw);
  const spki = spkiOf(x509);
  if (!subjectAgrees(identity, spki, { ...certificate.subject }))
    throw new Unauthenticated(
      'CERTIFICATE_SUBJECT_MISMATCH',
      "the certificate's subject (CN, and of an application OU, the hash of its key, and O) is not that of its URI and its key; ask for a new one",
    );
  const caller: Caller =
    identity.kind === 'service'
      ? { ...identity, spki }
      : { ...identity, spki, certificateHash: certificateHashOf(x509) };
  return { caller, notAfter: x509.validToDate.getTime() };
};
