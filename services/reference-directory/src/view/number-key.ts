import { hash } from 'node:crypto';

/**
 * How a blind index (`<key id>:<HMAC>`) is kept: 16 bytes of its SHA-256, as a UUID. 128 bits of a keyed hash tell 25.5 M
 * numbers apart, and the key's id goes into them, so that two keys are told apart as well.
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
