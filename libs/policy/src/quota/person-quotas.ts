import { Clock } from '@crossroads/configuration';
import { Database } from '@crossroads/database';
import { Unavailable } from '@crossroads/grpc';
import { dayOf, type IsoDay } from '@crossroads/identifiers';
import { Inject, Injectable } from '@nestjs/common';
import { PolicyFollower } from '../policy-follower.js';

/** Of what an institution has a quota: persons it is answered about, persons it inscribes, and numbers that were not available to it. */
export type QuotaKind = 'consulted' | 'inscribed' | 'misses';

const MAX_LEASE = 100;
/** A tenth, so that several processes share a small quota. */
const LEASES = 10;
/** Persons of one institution that a process remembers for a day. Whoever is forgotten counts again. */
const MAX_PERSONS = 100_000;

type Lease = readonly [institution: string, kind: QuotaKind, day: IsoDay, quota: number];

interface Counter {
  /** In the order in which they were counted. */
  readonly seen: Set<string>;
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
    @Inject(PolicyFollower) private readonly policies: Pick<PolicyFollower, 'policy'>,
  ) {}

  /**
   * Whether the person is within the quota of today in Brussels. Once counted, a person stays within it all day.
   * @throws Unavailable QUOTAS_UNAVAILABLE: whom nobody can count is not answered
   */
  async take(institution: string, kind: QuotaKind, person: string): Promise<boolean> {
    const quota = this.policies.policy().dailyPersons(institution)[kind];
    if (quota === Number.POSITIVE_INFINITY) return true;
    const day = dayOf(this.clock.now());
    const counter = this.counterOf(institution, kind, day);
    while (!counter.seen.has(person)) {
      if (counter.left > 0) {
        counter.left--;
        const [oldest] = counter.seen;
        if (counter.seen.size >= MAX_PERSONS && oldest !== undefined) counter.seen.delete(oldest);
        counter.seen.add(person);
        return true;
      }
      counter.leasing ??= this.leaseInto(counter, institution, kind, day, quota);
      if ((await counter.leasing) === 0) return counter.seen.has(person);
    }
    return true;
  }

  /** Those of many who are within the quota. */
  async takeAll(institution: string, kind: QuotaKind, persons: Iterable<string>): Promise<ReadonlySet<string>> {
    const within = new Set<string>();
    let isExhausted = false;
    for (const person of persons) {
      const isWithin = isExhausted
        ? this.counterOf(institution, kind, dayOf(this.clock.now())).seen.has(person)
        : await this.take(institution, kind, person);
      if (isWithin) within.add(person);
      else isExhausted = true;
    }
    return within;
  }

  private async leaseInto(counter: Counter, ...[institution, kind, day, quota]: Lease): Promise<number> {
    try {
      const leased = await this.lease(institution, kind, day, quota);
      counter.left += leased;
      return leased;
    } catch (error) {
      const failure = new Unavailable('QUOTAS_UNAVAILABLE', 'persons cannot be counted; nothing was released', {
        retryAfterMs: 1_000,
      });
      failure.cause = error;
      throw failure;
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
    const counter = { seen: new Set<string>(), left: 0, leasing: undefined };
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
