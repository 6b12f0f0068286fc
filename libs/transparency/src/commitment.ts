import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The exact bytes of a record or an outcome, with the salt that hides them in a commitment. */
export interface Salted {
  readonly bytes: Uint8Array;
  /** 32 random bytes of its own. */
  readonly salt: Uint8Array;
}

export const salted = (bytes: Uint8Array): Salted => ({ bytes, salt: randomBytes(32) });

/** SHA-256(salt ‖ bytes): reveals nothing about the bytes without the salt. */
export const commitmentTo = ({ bytes, salt }: Salted): Buffer =>
  createHash('sha256').update(salt).update(bytes).digest();

export const opens = (commitment: Uint8Array, salt: Uint8Array, bytes: Uint8Array): boolean => {
  const expected = commitmentTo({ bytes, salt });
  return salt.length === 32 && commitment.length === expected.length && timingSafeEqual(expected, commitment);
};
