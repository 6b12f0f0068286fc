import type { Caller } from '../identity/caller.js';

/** How much one caller (an institution with all its applications, or a service) may ask of one server. */
export interface CallerLimits {
  /** Of calls, on the long run; twice as many may come at once. @default no limit */
  readonly callsPerSecond?: number;
  /** In hand at once, over all connections. @default no limit */
  readonly concurrentCalls?: number;
}

/** Why a call was not taken on. */
export type LimitReason = 'RATE' | 'CONCURRENCY' | 'SIZE';

/** A call that was not taken on, for metrics. */
export interface LimitedCall {
  readonly rpc: string;
  readonly reason: LimitReason;
  /** Absent when the certificate named nobody. */
  readonly caller: Caller | undefined;
}

/** Not now. */
export interface Refused {
  readonly reason: 'RATE' | 'CONCURRENCY';
  /** Milliseconds after which one more call would be taken on, as far as can be told. */
  readonly retryAfterMs: number;
}

/** When a call will end is not known. */
const CONCURRENCY_RETRY_MS = 100;

/** How fast calls may come: a bucket of tokens by its time. */
interface Pace {
  /** In which a token comes. */
  readonly intervalMs: number;
  /** For which a full bucket lasts, less one token. */
  readonly burstMs: number;
}

/** Twice a second's calls may come at once after a rest; one call always may. */
const paceOf = (perSecond: number): Pace => {
  const intervalMs = 1000 / perSecond;
  return { intervalMs, burstMs: (Math.max(1, 2 * perSecond) - 1) * intervalMs };
};

/** What one caller has left: its calls in hand, and when its bucket of tokens will be full again. */
class Budget {
  inHand = 0;
  private fullAt = 0;

  /** Milliseconds until there is a token; 0 when one was taken. */
  take({ intervalMs, burstMs }: Pace, now: number): number {
    const fullAt = Math.max(this.fullAt, now);
    const wait = fullAt - burstMs - now;
    if (wait > 0) return Math.ceil(wait);
    this.fullAt = fullAt + intervalMs;
    return 0;
  }
}

/** A call that was taken on. It counts until everybody who holds it has let go. */
export class Admitted {
  private holders = 1;

  constructor(private readonly budget: Budget) {
    budget.inHand += 1;
  }

  hold(): void {
    this.holders += 1;
  }

  letGo(): void {
    this.holders -= 1;
    if (this.holders === 0) this.budget.inHand -= 1;
  }
}

/** Counts the calls of each caller. As many callers as the CA has named are remembered: some thousands, for good. */
export class CallLimits {
  private readonly pace: Pace | undefined;
  private readonly concurrent: number;
  private readonly institutions = new Map<string, Budget>();
  private readonly services = new Map<string, Budget>();

  /** `now` in milliseconds from any beginning; never goes back. */
  constructor(
    { callsPerSecond, concurrentCalls = Number.POSITIVE_INFINITY }: CallerLimits,
    private readonly now: () => number,
  ) {
    this.pace = callsPerSecond === undefined ? undefined : paceOf(callsPerSecond);
    this.concurrent = concurrentCalls;
  }

  admit(caller: Caller): Admitted | Refused {
    const budget = this.budgetOf(caller);
    if (budget.inHand >= this.concurrent) return { reason: 'CONCURRENCY', retryAfterMs: CONCURRENCY_RETRY_MS };
    if (this.pace !== undefined) {
      const retryAfterMs = budget.take(this.pace, this.now());
      if (retryAfterMs > 0) return { reason: 'RATE', retryAfterMs };
    }
    return new Admitted(budget);
  }

  private budgetOf(caller: Caller): Budget {
    const [budgets, name] =
      caller.kind === 'institution' ? [this.institutions, caller.enterpriseNumber] : [this.services, caller.name];
    const known = budgets.get(name);
    if (known !== undefined) return known;
    const budget = new Budget();
    budgets.set(name, budget);
    return budget;
  }
}
