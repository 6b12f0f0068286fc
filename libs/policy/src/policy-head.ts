/** Where the history of the policy is: a revision, and the running hash up to it. Two histories that differ have no head in common. */
export interface PolicyHead {
  /** 0n: nothing is held. */
  readonly revision: bigint;
  /** SHA-256; empty when nothing is held. */
  readonly hash: Buffer;
}

export const NO_HEAD: PolicyHead = { revision: 0n, hash: Buffer.alloc(0) };

export const isSameHead = (a: PolicyHead, b: PolicyHead): boolean => a.revision === b.revision && a.hash.equals(b.hash);
