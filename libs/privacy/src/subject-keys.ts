/** The result of reading when the person's key was destroyed: a value, since an erasure is not a failure. */
export const FORGOTTEN = 'forgotten';
export type Forgotten = typeof FORGOTTEN;

/**
 * Something is sealed for a person, and the keys database has neither its key nor a tombstone: it was restored to an older state, or a
 * row was deleted; the person may have got another key since. Never read as an erasure. The key may come back, so who meets this tries
 * again later, and only what needs this key waits.
 */
export class KeyMissing extends Error {
  override readonly name = 'KeyMissing';
  /** The reason with which an rpc answers UNAVAILABLE. */
  readonly unavailable = 'KEY_MISSING';

  constructor() {
    super('the key of a person is missing, and there is no tombstone: see docs/runbooks/key-missing.md');
  }
}

/** What is left of a key that was destroyed. */
export interface Tombstone {
  readonly personId: string;
  readonly erasedAt: Date;
  /** Why: a code. */
  readonly reason: string;
}

export interface KeyOptions {
  /** Create the key of a person who has none. @default false */
  readonly create?: boolean;
  /** Read the key from the database even when it is cached: the time of an answer must not tell whether it was. @default false */
  readonly fresh?: boolean;
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
  /**
   * Permanent, also for persons who never had a key; the first tombstone of a person stays. Other processes use a cached key for up to
   * 30 s.
   */
  destroy(...tombstones: readonly Tombstone[]): Promise<void>;
}
