import type { BegunRelease } from '@crossroads/transparency';

/** One access. `journalId` is its stream, and what auditors see; `ticket` is what the parties see. */
export interface Access {
  readonly journalId: string;
  readonly ticket: string;
  /** Empty when the number belongs to no person. */
  readonly personId: string;
  /** How many releases it has. */
  readonly releases: number;
}

/** What becomes durable before any source is asked: one release for each data service. */
export type BegunReleases = readonly BegunRelease[];
