import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY = /^[A-Za-z0-9_-]{43}$/;

/** The key of one browser, which the browser keeps in a cookie. */
export const newSearchKey = (): string => randomBytes(KEY_BYTES).toString('base64url');

export const isSearchKey = (text: string | undefined): text is string => text !== undefined && KEY.test(text);

/**
 * Words of a search in a form that may stand in an address: history, logs and proxies cannot read them, while paging and the back button
 * work. Only the browser that searched has the key, and no process has to remember anything.
 */
export const sealWords = (words: string, key: string): string => {
  if (words === '') return '';
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, Buffer.from(key, 'base64url'), iv);
  return Buffer.concat([iv, cipher.update(words, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
};

/** @returns nothing when they were sealed in another browser, or changed */
export const openWords = (sealed: string, key: string | undefined): string | undefined => {
  if (sealed === '') return '';
  const bytes = Buffer.from(sealed, 'base64url');
  if (!isSearchKey(key) || bytes.length <= IV_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(ALGORITHM, Buffer.from(key, 'base64url'), bytes.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
};
