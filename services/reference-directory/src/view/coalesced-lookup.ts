import type { Queryable } from '@crossroads/eventsourcing';
import { type Found, lookup, type Sought } from './lookup.js';

interface Waiting {
  readonly sought: Sought;
  readonly resolve: (found: Found | undefined) => void;
  readonly reject: (error: unknown) => void;
}

const MOST = 500;
/** While one is answered, the next is on its way. */
const FLIGHTS = 2;

/** Look-ups that are asked for at the same time share a round trip: every consultation of the network asks for one. */
export class CoalescedLookup {
  private waiting: Waiting[] = [];
  private planned = false;
  private flying = 0;

  constructor(private readonly db: Queryable) {}

  find(sought: Sought): Promise<Found | undefined> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ sought, resolve, reject });
      if (this.planned) return;
      this.planned = true;
      // Whoever asks in the same turn of the event loop travels along.
      setImmediate(() => {
        this.planned = false;
        this.depart();
      });
    });
  }

  private depart(): void {
    while (this.flying < FLIGHTS && this.waiting.length > 0) {
      const batch = this.waiting.splice(0, MOST);
      this.flying++;
      void this.answer(batch).finally(() => {
        this.flying--;
        this.depart();
      });
    }
  }

  private async answer(batch: readonly Waiting[]): Promise<void> {
    try {
      const found = await lookup(
        this.db,
        batch.map(({ sought }) => sought),
      );
      for (const [place, { resolve }] of batch.entries()) resolve(found[place]);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
