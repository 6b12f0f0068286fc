import type { Receipt } from '@crossroads/contracts/access/v1/receipt';

/** A receipt is accepted until 60 s after its time, and its time may be 60 s ahead: then it was never answered, or is remembered. */
const REMEMBERED_MS = 120_000;

/** The receipts that this process has answered for, for as long as they would be accepted again. */
export class AnsweredReceipts {
  private recent = new Set<string>();
  private earlier = new Set<string>();
  private since = 0;

  /** @returns undefined when the receipt is answered already; else what takes the claim back, when nothing has left */
  claim({ askCommitment, time }: Receipt, now: Date): (() => void) | undefined {
    this.forget(now.getTime());
    const name = `${askCommitment.toString('base64')} ${time?.getTime()}`;
    if (this.recent.has(name) || this.earlier.has(name)) return undefined;
    const { recent } = this;
    recent.add(name);
    return () => void recent.delete(name);
  }

  /** Two sets take turns, so that nothing has to be sorted by age. */
  private forget(now: number): void {
    if (now - this.since < REMEMBERED_MS) return;
    this.earlier = now - this.since < 2 * REMEMBERED_MS ? this.recent : new Set();
    this.recent = new Set();
    this.since = now;
  }
}
