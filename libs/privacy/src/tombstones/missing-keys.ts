import { LRUCache } from 'lru-cache';

/** Who met a missing key tries again sooner than this. */
const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 10_000;

/** Persons whose key was missing a short while ago: a line of the log for each, and their number for the metric. */
export class MissingKeys {
  private readonly recent: LRUCache<string, true>;
  private say: (personId: string) => void = () => undefined;

  /** @param now Milliseconds of a clock that begins above 0 */
  constructor(now: () => number = () => performance.now()) {
    this.recent = new LRUCache({ max: MAX_REMEMBERED, ttl: REMEMBERED_MS, ttlResolution: 0, perf: { now } });
  }

  /** Who is told of each person once a minute. */
  onMissing(say: (personId: string) => void): void {
    this.say = say;
  }

  readonly met = (personId: string): void => {
    if (this.recent.has(personId)) return;
    this.recent.set(personId, true);
    this.say(personId);
  };

  count(): number {
    this.recent.purgeStale();
    return this.recent.size;
  }
}
