import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKeyFile } from '@crossroads/privacy';
import { receiptUseOf, type ServiceName, serviceNamed, sharedKeysOf } from '@crossroads/topology';
import { newReceiptKey } from '@crossroads/transparency';
import { writePrivate } from './certificates.js';
import { LocalFailure } from './failure.js';

interface KeyFile {
  readonly version: number;
  readonly keys: Readonly<Record<string, unknown>>;
}

/**
 * Makes the key file of a service in `folder`: a key of its own for each own name, and the key of `shared.json` for each shared name.
 * Existing keys stay.
 */
export const serviceKeyFile = async (folder: string, service: ServiceName): Promise<string> => {
  const { ownKeys } = serviceNamed(service);
  const sharedKeys = sharedKeysOf(service);
  const file = join(folder, `${service}.json`);
  const shared = join(folder, 'shared.json');
  await generateKeyFile(shared, sharedKeys);
  await generateKeyFile(file, ownKeys);
  const held = existsSync(file) ? readKeys(file) : { version: 1, keys: {} };
  const all = sharedKeys.length > 0 ? readKeys(shared).keys : {};
  const missing = sharedKeys.filter((name) => !Object.hasOwn(held.keys, name));
  if (missing.length > 0 || !existsSync(file)) {
    const added = Object.fromEntries(missing.map((name) => [name, all[name]]));
    await writePrivate(file, `${JSON.stringify({ ...held, keys: { ...held.keys, ...added } }, null, 2)}\n`);
  }
  return file;
};

/** A file with the private key with which a service signs receipts. */
export const receiptKeyFile = async (folder: string, service: ServiceName): Promise<string> => {
  const file = join(folder, `${service}-receipts.pem`);
  if (existsSync(file)) return file;
  const use = receiptUseOf(service);
  if (use === undefined) throw new TypeError(`${service} signs no receipts`);
  const { privatePem, published } = newReceiptKey(use);
  const known = existsSync(receiptKeysFile(folder)) ? parse(receiptKeysFile(folder)) : {};
  await writePrivate(receiptKeysFile(folder), `${JSON.stringify({ ...known, ...published }, null, 2)}\n`);
  await writePrivate(file, privatePem);
  return file;
};

/** The file with all public keys of receipts, by key id and with their uses, for services that check receipts. */
export const receiptKeysFile = (folder: string): string => join(folder, 'receipt-keys.json');

const readKeys = (file: string): KeyFile => {
  const content = parse(file);
  if (typeof content.version !== 'number' || typeof content.keys !== 'object' || content.keys === null)
    throw damaged(file);
  return { version: content.version, keys: { ...content.keys } };
};

const parse = (file: string): { readonly version?: unknown; readonly keys?: unknown } => {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof content === 'object' && content !== null) return content;
  } catch {
    // The parser's message would quote key material.
  }
  throw damaged(file);
};

const damaged = (file: string) =>
  new LocalFailure(`The key file ${file} is damaged: begin anew with npm start -- --fresh.`);
