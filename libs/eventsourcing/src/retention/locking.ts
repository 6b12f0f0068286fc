import { setTimeout as delay } from 'node:timers/promises';
import type { Database, Tx } from '@crossroads/database';

/** Told what retention does, without anything that is in an event. */
export type Say = (what: string, details: Readonly<Record<string, unknown>>) => void;

/** Appends queue behind a statement that waits for a lock on their table: it gives up soon, and is repeated. */
const LOCK_MS = 500;
const PAUSE_MS = 300;
const SAY_MS = 2_000;
const BUSY = new Set(['55P03', '40P01']);

export interface WaitOptions {
  readonly say: Say;
  readonly signal: AbortSignal;
  /** Milliseconds to wait for writers, readers and the stamper. */
  readonly withinMs: number;
}

/** Runs a transaction that locks tables of the log for a moment, again and again until it gets its locks. */
export const locking = async (
  db: Database,
  what: string,
  { say, signal, withinMs }: WaitOptions,
  work: (tx: Tx) => Promise<unknown>,
): Promise<void> => {
  const until = performance.now() + withinMs;
  for (let saidAt = performance.now(); ; ) {
    signal.throwIfAborted();
    try {
      await db.transaction(async (tx) => {
        await tx.query(`set local lock_timeout = ${LOCK_MS}`);
        await work(tx);
      });
      return;
    } catch (error) {
      if (!BUSY.has(String(Reflect.get(Object(error), 'code'))) || performance.now() > until) throw error;
      if (performance.now() - saidAt > SAY_MS) {
        say('retention waits for a lock', { for: what });
        saidAt = performance.now();
      }
      await delay(PAUSE_MS * (1 + Math.random()), undefined, { signal });
    }
  }
};
