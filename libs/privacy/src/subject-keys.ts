/** The result of reading when the person's key was destroyed: a value, since an erasure is not a failure. */
export const FORGOTTEN = 'forgotten';
export type Forgotten = typeof FORGOTTEN;

export interface KeyOptions {
  /** Create the key of a person who has none. @default false */
  readonly create?: boolean;
}

/**
 * The data key of each person, stored apart from what it seals: destroying it erases the person's data. Both implementations pass
 * `subject-keys.contract.ts`.
 */
export interface SubjectKeys {
  /** 32 bytes; `forgotten` when it was destroyed, nothing when there never was one. A destroyed key is never created again. */
  keyOf(personId: string, options?: KeyOptions): Promise<Buffer | Forgotten | undefined>;
  /** The same for many in few round trips; who never had a key is not in the map. */
  keysOf(personIds: readonly string[], options?: KeyOptions): Promise<ReadonlyMap<string, Buffer | Forgotten>>;
  /** Permanent, also for a person who never had a key. Other processes use a cached key for up to 30 s. */
  destroy(personId: string): Promise<void>;
}
