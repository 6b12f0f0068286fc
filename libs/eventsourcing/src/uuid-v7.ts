import { randomUUID } from 'node:crypto';

/**
 * A UUIDv7 (RFC 9562): 48 bits of milliseconds since 1970, then the bits of a random UUID. For the ids of numerous streams that are
 * rarely read again: new ids are neighbours in the index, so that appends touch few of its pages. Not for persons: the id tells when
 * it was created.
 */
export const uuidV7 = (now: number = Date.now()): string => {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
};
