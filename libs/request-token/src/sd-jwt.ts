import { hash, randomBytes } from 'node:crypto';

/** RFC 9901 with claims that are disclosed one by one, at the top of the payload: no nested ones, and no key-binding JWT (`cnf` binds). */
const SALT_BYTES = 16;

/** A claim that its holder may leave out: base64url of `[salt, name, value]`, and the digest that stands for it in the payload. */
export interface Disclosure {
  readonly encoded: string;
  readonly digest: string;
}

export const disclosureOf = (name: string, value: unknown): Disclosure => {
  const salt = randomBytes(SALT_BYTES).toString('base64url');
  const encoded = Buffer.from(JSON.stringify([salt, name, value])).toString('base64url');
  return { encoded, digest: digestOf(encoded) };
};

/** Of the text as it was sent: the same array may be written in several ways (RFC 9901, section 4.2.3). */
export const digestOf = (encoded: string): string => hash('sha256', encoded, 'base64url');

/** `<JWT>~<disclosure>~…~` */
export const serialized = (jwt: string, disclosures: readonly string[]): string => [jwt, ...disclosures, ''].join('~');

export class MalformedSdJwt extends Error {
  override readonly name = 'MalformedSdJwt';
}

/** @throws MalformedSdJwt */
export const partsOf = (token: string): { readonly jwt: string; readonly disclosures: readonly string[] } => {
  const [jwt = '', ...rest] = token.split('~');
  if (jwt === '' || rest.pop() !== '') throw new MalformedSdJwt('the token ends with "~", after its last disclosure');
  return { jwt, disclosures: rest };
};

/**
 * The disclosed claims, each of which has its digest in the payload of the same token, once.
 * @param payload whose signature was verified @throws MalformedSdJwt
 */
export const disclosedClaims = (
  payload: Readonly<Record<string, unknown>>,
  disclosures: readonly string[],
): ReadonlyMap<string, unknown> => {
  const { _sd: digests, _sd_alg: algorithm = 'sha-256' } = payload;
  if (algorithm !== 'sha-256') throw new MalformedSdJwt('digests are SHA-256');
  const expected = new Set<unknown>(Array.isArray(digests) ? digests : []);
  if (Array.isArray(digests) && expected.size !== digests.length)
    throw new MalformedSdJwt('a digest stands there twice');
  const claims = new Map<string, unknown>();
  for (const encoded of disclosures) {
    if (!expected.delete(digestOf(encoded)))
      throw new MalformedSdJwt('a disclosure is of another token, or stands there twice');
    const [name, value] = claimIn(encoded);
    if (name in payload || claims.has(name)) throw new MalformedSdJwt('a claim is disclosed that is there already');
    claims.set(name, value);
  }
  return claims;
};

/** The same token, with those of its disclosures whose claims are named. Its signature stays valid. @throws MalformedSdJwt */
export const onlyDisclosing = (token: string, names: ReadonlySet<string>): string => {
  const { jwt, disclosures } = partsOf(token);
  return serialized(
    jwt,
    disclosures.filter((encoded) => names.has(claimIn(encoded)[0])),
  );
};

const RESERVED: ReadonlySet<unknown> = new Set(['_sd', '...']);

const claimIn = (encoded: string): readonly [string, unknown] => {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
  } catch {
    throw new MalformedSdJwt('a disclosure is no JSON in base64url');
  }
  const [, name, value] = Array.isArray(parts) && parts.length === 3 ? (parts as unknown[]) : [];
  if (typeof name !== 'string' || RESERVED.has(name)) throw new MalformedSdJwt('a disclosure is [salt, name, value]');
  return [name, value];
};
