import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { KeyUnavailable, type NamedSecret } from './key-provider.js';

/** The master keys of a file by name, each with its current version first. */
export type KeyFile = ReadonlyMap<string, readonly NamedSecret[]>;

const KID = /^[A-Za-z0-9_-]+$/;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads `{ "version": 1, "keys": { "<name>": { "current": "<kid>", "<kid>": "<base64 of 32 bytes>" } } }`. */
export const readKeyFile = async (path: string): Promise<KeyFile> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new KeyUnavailable(`key file ${path} cannot be read (${codeOf(error)})`);
  }
  return new Map(Object.entries(parse(path, text)).map(([name, entry]) => [name, versions(path, name, entry)]));
};

/**
 * Adds a random key for each name that the file lacks, and leaves existing keys unchanged. The file is readable by its owner only, and
 * is replaced atomically.
 */
export const generateKeyFile = async (path: string, names: readonly string[]): Promise<void> => {
  let keys: Record<string, unknown> = {};
  try {
    keys = parse(path, await readFile(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  const missing = names.filter((name) => !Object.hasOwn(keys, name));
  if (missing.length === 0) return;
  const kid = `k${Date.now().toString(36)}`;
  for (const name of missing) keys[name] = { current: kid, [kid]: randomBytes(32).toString('base64') };
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${JSON.stringify({ version: 1, keys }, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, path);
};

const parse = (path: string, text: string): Record<string, unknown> => {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which is key material.
    throw new KeyUnavailable(`key file ${path} is not JSON`);
  }
  if (!isRecord(file) || file['version'] !== 1 || !isRecord(file['keys']))
    throw new KeyUnavailable(`key file ${path} must be { "version": 1, "keys": { … } }`);
  return file['keys'];
};

const versions = (path: string, name: string, entry: unknown): NamedSecret[] => {
  if (!isRecord(entry)) throw new KeyUnavailable(`key "${name}" in ${path} is not an object`);
  const { current, ...kids } = entry;
  if (typeof current !== 'string' || !Object.hasOwn(kids, current))
    throw new KeyUnavailable(`key "${name}" in ${path} has no current version`);
  const secrets = Object.entries(kids).map(([kid, encoded]) => ({ kid, key: decode(path, name, kid, encoded) }));
  return secrets.sort((a, b) => Number(b.kid === current) - Number(a.kid === current));
};

const decode = (path: string, name: string, kid: string, encoded: unknown): Buffer => {
  const key = typeof encoded === 'string' ? Buffer.from(encoded, 'base64') : Buffer.alloc(0);
  if (!KID.test(kid) || key.length !== 32)
    throw new KeyUnavailable(
      `version "${kid}" of key "${name}" in ${path} must be 32 bytes in base64, its id of A-Z a-z 0-9 _ -`,
    );
  return key;
};

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
