import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publicJwk } from '@crossroads/client';
import { writePrivate } from '../certificates.js';
import type { InstitutionName } from './institutions.js';

export const OFFICIALS_KID = 'officials';

export interface OfficialsKey {
  /** Of the private key. */
  readonly file: string;
  readonly privatePem: string;
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** With what an institution of the demo signs for its officials; made when there is none. */
export const officialsKeyOf = async (
  { folder }: { readonly folder: { readonly keys: string } },
  name: InstitutionName,
): Promise<OfficialsKey> => {
  const file = join(folder.keys, `officials-of-${name}.pem`);
  const privatePem = await signingKey(file);
  return { file, privatePem, jwk: { ...(await publicJwk(publicPem(privatePem))) } };
};

/** The key in the file, which is made when there is none: PEM. */
export const signingKey = async (file: string): Promise<string> => {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await writePrivate(file, pem);
  return pem;
};

export const publicPem = (privatePem: string): string =>
  createPublicKey(createPrivateKey(privatePem)).export({ type: 'spki', format: 'pem' }).toString();
