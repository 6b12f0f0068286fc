import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The exact bytes of a part of a release, with the salt that hides them in a commitment. */
export interface Salted {
  readonly bytes: Uint8Array;
  /** 32 random bytes of its own. */
  readonly salt: Uint8Array;
}

/** The parts of a release; each has commitments of its own, so that none can be presented as another. */
export type Part = 'ask' | 'behind' | 'outcome';

export const salted = (bytes: Uint8Array): Salted => ({ bytes, salt: randomBytes(32) });

/** SHA-256(crossroads/<part>/v1 ⏎ salt ‖ bytes): reveals nothing about the bytes without the salt. */
export const commitmentTo = (part: Part, { bytes, salt }: Salted): Buffer =>
  createHash('sha256').update(`crossroads/${part}/v1\n`).update(salt).update(bytes).digest();

export const opens = (commitment: Uint8Array, part: Part, salt: Uint8Array, bytes: Uint8Array): boolean => {
  const expected = commitmentTo(part, { bytes, salt });
  return salt.length === 32 && commitment.length === expected.length && timingSafeEqual(expected, commitment);
};
