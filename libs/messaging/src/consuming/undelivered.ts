import type { EventPlace } from '../broker/broker.js';

/** Of each partition: with more, a broker has lost its data altogether. */
const MOST = 10_000;

/**
 * Compares a broker with the publisher: the places of events that were read from the publisher, and that the broker has not delivered yet.
 * In memory, since a partition that moves to another process begins anew: it counts what was withheld at least.
 */
export class Undelivered {
  /** By position, in ascending order, as a log is read: since when, in milliseconds. */
  private readonly since = new Map<bigint, number>();
  private logId = '';

  /** The publisher has it, and the broker has not delivered it before. */
  add({ logId, position }: Pick<EventPlace, 'logId' | 'position'>, now: number): void {
    if (logId !== this.logId) this.clear();
    this.logId = logId;
    if (this.since.size < MOST && !this.since.has(position)) this.since.set(position, now);
  }

  /** A message of the broker, also one that comes late or again. It stands for all events between its link and its place: a bundle has several. */
  delivered({ logId, position, previous }: Pick<EventPlace, 'logId' | 'position' | 'previous'>): void {
    if (logId !== this.logId) return;
    for (const waiting of this.since.keys()) {
      if (waiting > position) return;
      if (waiting > previous.position) this.since.delete(waiting);
    }
  }

  /** Those that have waited for so long; each is returned once. */
  overdue(now: number, afterMs: number): bigint[] {
    const overdue = [...this.since].filter(([, since]) => now - since >= afterMs).map(([position]) => position);
    for (const position of overdue) this.since.delete(position);
    return overdue;
  }

  clear(): void {
    this.since.clear();
  }
}
