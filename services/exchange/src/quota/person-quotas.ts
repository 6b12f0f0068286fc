import { Clock } from '@crossroads/configuration';
import { Database } from '@crossroads/database';
import { dayOf, type IsoDay } from '@crossroads/identifiers';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

/** Of what an institution has a quota: persons it is answered about, and numbers that were not available to it. */
export type QuotaKind = 'consulted' | 'misses';

const MAX_LEASE = 100;
/** A tenth, so that several processes share a small quota. */
const LEASES = 10;
/** Persons of one institution that a process remembers for a day. Whoever is forgotten counts again. */
const MAX_PERSONS = 100_000;

type Lease = readonly [institution: string, kind: QuotaKind, day: IsoDay, quota: number];

interface Counter {
  readonly seen: LRUCache<string, true>;
  left: number;
  leasing: Promise<number> | undefined;
}

/**
 * Counts persons, not calls, by institution and day. Each process takes leases from the row of the day and remembers whom it has counted:
 * a person who comes by two processes, or again after a restart, counts twice. An institution never gets more than its quota.
 */
@Injectable()
export class PersonQuotas {
  private day: IsoDay | undefined;
  private readonly counters = new Map<string, Counter>();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Whether the person is within the quota of today in Brussels. Once counted, a person stays within it all day. */
  async take(institution: string, kind: QuotaKind, person: string, quota: number): Promise<boolean> {
    if (quota === Number.POSITIVE_INFINITY) return true;
    const day = dayOf(this.clock.now());
    const counter = this.counterOf(institution, kind, day);
    while (!counter.seen.has(person)) {
      if (counter.left > 0) {
        counter.left--;
        counter.seen.set(person, true);
        return true;
      }
      counter.leasing ??= this.leaseInto(counter, institution, kind, day, quota);
      if ((await counter.leasing) === 0) return counter.seen.has(person);
    }
    return true;
  }

  private async leaseInto(counter: Counter, ...[institution, kind, day, quota]: Lease): Promise<number> {
    try {
      const leased = await this.lease(institution, kind, day, quota);
      counter.left += leased;
      return leased;
    } finally {
      counter.leasing = undefined;
    }
  }

  private counterOf(institution: string, kind: QuotaKind, day: IsoDay): Counter {
    if (this.day !== day) this.counters.clear();
    this.day = day;
    const key = `${institution} ${kind}`;
    const known = this.counters.get(key);
    if (known) return known;
    const counter = { seen: new LRUCache<string, true>({ max: MAX_PERSONS }), left: 0, leasing: undefined };
    this.counters.set(key, counter);
    return counter;
  }

  private lease(...[institution, kind, day, quota]: Lease): Promise<number> {
    const key = [institution, day, kind];
    return this.db.transaction(async (tx) => {
      await tx.query(
        'insert into person_quotas (institution, day, kind, taken) values ($1, $2, $3, 0) on conflict do nothing',
        key,
      );
      const [row] = await tx.query<{ readonly taken: number }>(
        'select taken from person_quotas where institution = $1 and day = $2 and kind = $3 for update',
        key,
      );
      const leased = Math.max(0, Math.min(MAX_LEASE, Math.ceil(quota / LEASES), quota - (row?.taken ?? quota)));
      if (leased > 0)
        await tx.query(
          'update person_quotas set taken = taken + $4 where institution = $1 and day = $2 and kind = $3',
          [...key, leased],
        );
      return leased;
    });
  }
}
