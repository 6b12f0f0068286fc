import { hash } from 'node:crypto';

/**
 * The key under which a number is stored: 16 bytes of the SHA-256 of its blind index (`<key id>:<HMAC>`), as a UUID. 128 bits are
 * enough to tell 25.5 million numbers apart, also under several index keys, since the key id is hashed too.
 */
export const numberKey = (blindIndex: string): string => {
  const digest = hash('sha256', blindIndex, 'hex');
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    digest.slice(12, 16),
    digest.slice(16, 20),
    digest.slice(20, 32),
  ].join('-');
};
