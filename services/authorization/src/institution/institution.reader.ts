import { createPublicKey } from 'node:crypto';
import {
  type Application as ApplicationMessage,
  type Institution as InstitutionMessage,
  Role as RoleMessage,
  type SignInProvider as SignInProviderMessage,
  type SigningKey as SigningKeyMessage,
} from '@crossroads/contracts/authorization/v1/policy';
import { type Read, readEnterpriseNumber, readList } from '@crossroads/grpc';
import {
  BASE64URL_32_BYTES,
  distinct,
  invalid,
  missing,
  readAll,
  readApplicationName,
  readMatching,
  readPublicText,
  readSpkiHash,
  valid,
} from '../policy/fields.js';
import { MAX_KEYS } from '../policy/policy.decider.js';
import type {
  Application,
  Institution,
  JsonObject,
  Role,
  SignInProvider,
  SigningKey,
} from '../policy/policy-entities.js';

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
  if (raw === RoleMessage.ROLE_ADMINISTRATOR) return valid('ADMINISTRATOR');
  if (raw === RoleMessage.ROLE_COMMITTEE) return valid('COMMITTEE');
  return invalid(field, 'UNKNOWN_ROLE', 'a role is ROLE_ADMINISTRATOR or ROLE_COMMITTEE');
};

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
    return invalid(field, 'MALFORMED_ISSUER', "the `iss` of the provider's tokens, a URL");
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

/** Stores the members of a public key only: a JWK may hold others. */
const readPublicJwk = (field: string, jwk: SigningKeyMessage['jwk']): Read<JsonObject> => {
  if (!jwk) return missing(field, 'a public key as JWK (RFC 7517)');
  if ('d' in jwk || 'k' in jwk)
    return invalid(
      field,
      'PRIVATE_KEY',
      'this is a private key: take it out of use, and register the public part of a new one',
    );
  const members: Record<string, unknown> = { ...jwk };
  const { kty, crv, x, y, alg } = members;
  const ec = kty === 'EC' && crv === 'P-256' && isCoordinate(x) && isCoordinate(y) && (alg ?? 'ES256') === 'ES256';
  const okp = kty === 'OKP' && crv === 'Ed25519' && isCoordinate(x) && (alg ?? 'EdDSA') === 'EdDSA';
  const key: JsonObject | undefined = ec ? { kty, crv, x, y } : okp ? { kty, crv, x } : undefined;
  if (!key) return invalid(field, 'UNSUPPORTED_KEY', 'a key for ES256 (EC, P-256, x and y) or EdDSA (OKP, Ed25519, x)');
  try {
    createPublicKey({ key, format: 'jwk' });
  } catch {
    return invalid(field, 'NOT_A_KEY', 'the coordinates are those of no point on the curve');
  }
  return valid(key);
};

/** 32 bytes, base64url. Checked here because Node's decoder ignores invalid characters. */
const isCoordinate = (value: unknown): value is string => typeof value === 'string' && BASE64URL_32_BYTES.test(value);
