import { createPublicKey } from 'node:crypto';
import {
  Role as RoleMessage,
  type SigningKey as SigningKeyMessage,
} from '@crossroads/contracts/authorization/v1/policy';
import { fields } from '@crossroads/grpc';
import type { JsonObject } from '@crossroads/policy';
import { MAX_REGISTERED_DAYS } from '@crossroads/topology';
import { right } from './right.reader.js';
import { applicationName, BASE64URL_32_BYTES, distinctList, matching, publicText, spkiHash } from '../policy/fields.js';
import { MAX_KEYS } from '../policy/policy.decider.js';
import type { Role } from '../policy/policy-entities.js';

const MAX_ROLES = 10;
const MAX_REPRESENTED = 4_000;
const MAX_SIGNING_KEYS = 20;
const MAX_ACR = 20;
const MAX_RIGHTS = 200;

/** Stores the members of a public key only: a JWK may hold others. */
const publicJwk = fields.field((jwk: SigningKeyMessage['jwk'], refuse): JsonObject => {
  if (!jwk) return refuse('REQUIRED', 'needed: a public key as JWK (RFC 7517)');
  if ('d' in jwk || 'k' in jwk)
    return refuse(
      'PRIVATE_KEY',
      'this is a private key: take it out of use, and register the public part of a new one',
    );
  const members: Record<string, unknown> = { ...jwk };
  const { kty, crv, x, y, alg } = members;
  const ec = kty === 'EC' && crv === 'P-256' && isCoordinate(x) && isCoordinate(y) && (alg ?? 'ES256') === 'ES256';
  const okp = kty === 'OKP' && crv === 'Ed25519' && isCoordinate(x) && (alg ?? 'EdDSA') === 'EdDSA';
  const key: JsonObject | undefined = ec ? { kty, crv, x, y } : okp ? { kty, crv, x } : undefined;
  if (!key) return refuse('UNSUPPORTED_KEY', 'a key for ES256 (EC, P-256, x and y) or EdDSA (OKP, Ed25519, x)');
  try {
    createPublicKey({ key, format: 'jwk' });
  } catch {
    return refuse('NOT_A_KEY', 'the coordinates are those of no point on the curve');
  }
  return key;
});

/** 32 bytes, base64url. Checked here because Node's decoder ignores invalid characters. */
const isCoordinate = (value: unknown): value is string => typeof value === 'string' && BASE64URL_32_BYTES.test(value);

const signingKey = fields.message({
  kid: matching(/^[\x21-\x7e]{1,100}$/, 'MALFORMED_KID', 'the key id of token headers, at most 100 characters'),
  jwk: publicJwk,
});

const signingKeys = (min: number) => distinctList(signingKey, { min, max: MAX_SIGNING_KEYS }, ({ kid }) => kid);

const role = fields.field((raw: RoleMessage, refuse): Role => {
  if (raw === RoleMessage.ROLE_ADMINISTRATOR) return 'ADMINISTRATOR';
  if (raw === RoleMessage.ROLE_COMMITTEE) return 'COMMITTEE';
  return refuse('UNKNOWN_ROLE', 'a role is ROLE_ADMINISTRATOR or ROLE_COMMITTEE');
});

export const institutionSchema = fields.message(
  {
    enterpriseNumber: fields.enterpriseNumber,
    name: publicText(200),
    roles: distinctList(role, { min: 0, max: MAX_ROLES }),
    represents: distinctList(fields.enterpriseNumber, { min: 0, max: MAX_REPRESENTED }),
    officialKeys: signingKeys(0),
  },
  'the institution',
);

export const applicationSchema = fields.message(
  {
    enterpriseNumber: fields.enterpriseNumber,
    name: applicationName,
    spkiHashes: distinctList(spkiHash, { max: MAX_KEYS }),
    rights: distinctList(right, { min: 0, max: MAX_RIGHTS }),
    notAfter: fields.field((raw: Date | undefined, refuse): string =>
      raw === undefined || Number.isNaN(raw.getTime())
        ? refuse('REQUIRED', `needed: until when it is registered, at most ${MAX_REGISTERED_DAYS} days ahead`)
        : raw.toISOString(),
    ),
  },
  'the application',
);

const issuer = publicText(300).transform((text, context) =>
  URL.canParse(text)
    ? text
    : fields.refuseAt(context, [], 'MALFORMED_ISSUER', "the `iss` of the provider's tokens, a URL"),
);

const acr = matching(
  /^[\x21-\x7e]{1,300}$/,
  'MALFORMED_ACR',
  'a value of the claim `acr`, printable ASCII without spaces, at most 300 characters',
);

export const signInProviderSchema = fields.message(
  {
    issuer,
    keys: signingKeys(1),
    acceptedAcr: distinctList(acr, { min: 1, max: MAX_ACR }),
  },
  'the sign-in provider',
);
