import { randomUUID } from 'node:crypto';

/**
 * A UUIDv7 (RFC 9562): the first 48 bits are milliseconds since 1970, the others those of a random UUID, which Node makes by
 * the page. For streams that come by the million and are as good as never read again: what is new lies together in the index,
 * so that an append touches one page of it, and not another each time. Not for a person: it tells when it was made.
 */
export const uuidV7 = (now: number = Date.now()): string => {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
};
