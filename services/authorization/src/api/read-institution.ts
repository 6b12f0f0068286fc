import { createPublicKey } from 'node:crypto';
import {
  type Application as ApplicationMessage,
  type Institution as InstitutionMessage,
  Role as RoleMessage,
  type SignInProvider as SignInProviderMessage,
  type SigningKey as SigningKeyMessage,
} from '@crossroads/contracts/authorization/v1/policy';
import { type Read, readEnterpriseNumber, readList } from '@crossroads/grpc';
import type { Application, Institution, JsonObject, Role, SignInProvider, SigningKey } from '../domain/entities.js';
import { MAX_KEYS } from '../domain/policy.js';
import { bad, distinct, good, missing, readAll, readMatching, readPublicText } from './fields.js';

const MAX_REPRESENTED = 4_000;
const MAX_SIGNING_KEYS = 20;

export const readInstitution = (raw: InstitutionMessage | undefined): Read<Institution> => {
  if (!raw) return missing('institution', 'the institution');
  const represents = readList(
    'institution.represents',
    raw.represents,
    { min: 0, max: MAX_REPRESENTED },
    readEnterpriseNumber,
  );
  return readAll<Institution>({
    enterpriseNumber: readEnterpriseNumber('institution.enterprise_number', raw.enterpriseNumber),
    name: readPublicText('institution.name', raw.name, 200),
    roles: distinct(
      'institution.roles',
      readList('institution.roles', raw.roles, { min: 0, max: 10 }, readRole),
      String,
    ),
    represents: distinct('institution.represents', represents, String),
    officialKeys: readSigningKeys('institution.official_keys', raw.officialKeys, 0),
  });
};

const readRole = (field: string, raw: RoleMessage): Read<Role> => {
  if (raw === RoleMessage.ROLE_ADMINISTRATOR) return good('ADMINISTRATOR');
  if (raw === RoleMessage.ROLE_COMMITTEE) return good('COMMITTEE');
  return bad(field, 'UNKNOWN_ROLE', 'a role is ROLE_ADMINISTRATOR or ROLE_COMMITTEE');
};

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** 32 bytes are 43 characters, and the last one holds four bits only. */
const BYTES_32 = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

export const readApplicationName = (field: string, raw: string): Read<string> =>
  readMatching(
    field,
    raw,
    LABEL,
    'MALFORMED_NAME',
    'the CN of its certificate: lower case letters, digits and hyphens, at most 63',
  );

export const readSpkiHash = (field: string, raw: string): Read<string> =>
  readMatching(
    field,
    raw,
    BYTES_32,
    'MALFORMED_SPKI_HASH',
    "base64url, unpadded, of the SHA-256 of the key's SubjectPublicKeyInfo",
  );

export const readApplication = (raw: ApplicationMessage | undefined): Read<Application> => {
  if (!raw) return missing('application', 'the application');
  const hashes = readList('application.spki_hashes', raw.spkiHashes, { max: MAX_KEYS }, readSpkiHash);
  return readAll<Application>({
    enterpriseNumber: readEnterpriseNumber('application.enterprise_number', raw.enterpriseNumber),
    name: readApplicationName('application.name', raw.name),
    spkiHashes: distinct('application.spki_hashes', hashes, String),
  });
};

export const readSignInProvider = (raw: SignInProviderMessage | undefined): Read<SignInProvider> => {
  if (!raw) return missing('sign_in_provider', 'the sign-in provider');
  return readAll<SignInProvider>({
    issuer: readIssuer('sign_in_provider.issuer', raw.issuer),
    keys: readSigningKeys('sign_in_provider.keys', raw.keys, 1),
  });
};

const readIssuer = (field: string, raw: string): Read<string> => {
  const text = readPublicText(field, raw, 300);
  if (text.ok && !URL.canParse(text.value))
    return bad(field, 'MALFORMED_ISSUER', "the `iss` of the provider's tokens, a URL");
  return text;
};

const readSigningKeys = (field: string, raw: readonly SigningKeyMessage[], min: number): Read<SigningKey[]> =>
  distinct(field, readList(field, raw, { min, max: MAX_SIGNING_KEYS }, readSigningKey), ({ kid }) => kid);

const readSigningKey = (field: string, { kid, jwk }: SigningKeyMessage): Read<SigningKey> =>
  readAll<SigningKey>({
    kid: readMatching(
      `${field}.kid`,
      kid,
      /^[\x21-\x7e]{1,100}$/,
      'MALFORMED_KID',
      'the key id of token headers, at most 100 characters',
    ),
    jwk: readPublicJwk(`${field}.jwk`, jwk),
  });

/** Only the members of a public key are kept: what else stands in a JWK is nobody's business. */
const readPublicJwk = (field: string, jwk: SigningKeyMessage['jwk']): Read<JsonObject> => {
  if (!jwk) return missing(field, 'a public key as JWK (RFC 7517)');
  if ('d' in jwk || 'k' in jwk)
    return bad(
      field,
      'PRIVATE_KEY',
      'this is a private key: take it out of use, and register the public part of a new one',
    );
  const members: Record<string, unknown> = { ...jwk };
  const { kty, crv, x, y, alg } = members;
  const ec = kty === 'EC' && crv === 'P-256' && isCoordinate(x) && isCoordinate(y) && (alg ?? 'ES256') === 'ES256';
  const okp = kty === 'OKP' && crv === 'Ed25519' && isCoordinate(x) && (alg ?? 'EdDSA') === 'EdDSA';
  const key: JsonObject | undefined = ec ? { kty, crv, x, y } : okp ? { kty, crv, x } : undefined;
  if (!key) return bad(field, 'UNSUPPORTED_KEY', 'a key for ES256 (EC, P-256, x and y) or EdDSA (OKP, Ed25519, x)');
  try {
    createPublicKey({ key, format: 'jwk' });
  } catch {
    return bad(field, 'NOT_A_KEY', 'the coordinates are those of no point on the curve');
  }
  return good(key);
};

/** 32 bytes, base64url. Node's own decoder takes anything. */
const isCoordinate = (value: unknown): value is string => typeof value === 'string' && BYTES_32.test(value);
