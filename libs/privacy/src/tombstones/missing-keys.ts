import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

/** Who met a missing key tries again sooner than this. */
const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 10_000;

/** Persons whose key was missing a short while ago: a line of the log for each, and their number for the metric. */
export class MissingKeys {
  private readonly recent: LRUCache<string, true>;

  /** @param now Milliseconds of a clock that begins above 0 */
  constructor(
    now: () => number = () => performance.now(),
    private readonly say: (what: object) => void = (what) => Logger.error(what, 'keys'),
  ) {
    this.recent = new LRUCache({ max: MAX_REMEMBERED, ttl: REMEMBERED_MS, ttlResolution: 0, perf: { now } });
  }

  readonly met = (personId: string): void => {
    if (!this.recent.has(personId))
      this.say({
        message:
          'KEY_MISSING: a person has neither a key nor a tombstone. What is sealed for this person waits until the keys database is ' +
          'restored to its latest state; see docs/runbooks/key-missing.md',
        personId,
      });
    this.recent.set(personId, true);
  };

  count(): number {
    this.recent.purgeStale();
    return this.recent.size;
  }
}
