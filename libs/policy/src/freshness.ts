/** Four questions a second: older ones are stale. */
const MAX_WAITING = 20;

/**
 * As of when the policy is known to be that of authorization. An answer counts from the instant at which its question was sent: it may
 * have lain in a buffer for any time since it was given, but not longer than that.
 */
export class Freshness {
  /** On the follower's monotonic clock. */
  asOf = Number.NEGATIVE_INFINITY;
  /** Answers that name a revision which has not arrived yet. */
  private waiting: { readonly sentAt: number; readonly revision: bigint }[] = [];

  /** Authorization answered a question of that instant: this revision is in force. */
  answered(sentAt: number, revision: bigint, held: bigint): void {
    this.waiting = [...this.waiting.slice(1 - MAX_WAITING), { sentAt, revision }];
    this.reached(held);
  }

  /** This revision is held now. */
  reached(held: bigint): void {
    for (const { sentAt, revision } of this.waiting) if (revision <= held) this.asOf = Math.max(this.asOf, sentAt);
    this.waiting = this.waiting.filter(({ revision }) => revision > held);
  }

  /** What is held is given up: answers about it say nothing about what comes next. */
  forget(): void {
    this.asOf = Number.NEGATIVE_INFINITY;
    this.waiting = [];
  }
}
