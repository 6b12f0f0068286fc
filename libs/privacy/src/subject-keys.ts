/** What reading gives where the person's key was destroyed: a value, since being forgotten is no failure. */
export const FORGOTTEN = 'forgotten';
export type Forgotten = typeof FORGOTTEN;

export interface KeyOptions {
  /** Make the key of a person who never had one. @default false */
  readonly create?: boolean;
}

/**
 * The data key of each person, kept apart from what it seals: destroying it is the erasure. Both implementations pass
 * `subject-keys.contract.ts`.
 */
export interface SubjectKeys {
  /** 32 bytes; `forgotten` when it was destroyed, nothing when there never was one. A destroyed key is not made again. */
  keyOf(personId: string, options?: KeyOptions): Promise<Buffer | Forgotten | undefined>;
  /** The same for many in few round trips; who never had a key is not in the map. */
  keysOf(personIds: readonly string[], options?: KeyOptions): Promise<ReadonlyMap<string, Buffer | Forgotten>>;
  /** For good, also for a person who never had a key. Other processes notice when their cache ends (30 s). */
  destroy(personId: string): Promise<void>;
}
