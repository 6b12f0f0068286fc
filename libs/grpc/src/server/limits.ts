import { TokenBucket } from 'limiter';
import type { Caller } from '../identity/caller.js';

/** How much one caller (an application of an institution, or a service) may ask of one server. */
export interface CallerLimits {
  /** Sustained rate; twice as many calls may come at once after a pause. @default no limit */
  readonly callsPerSecond?: number;
  /** In flight at once, over all connections. @default no limit */
  readonly concurrentCalls?: number;
}

/** Which limit a call exceeded: of its caller, of a message, or of its lane in this process. */
export type LimitReason = 'RATE' | 'CONCURRENCY' | 'SIZE' | 'OVERLOAD';

/** A call that exceeded a limit, for metrics. */
export interface LimitedCall {
  readonly rpc: string;
  readonly reason: LimitReason;
  /** Absent when the certificate named nobody. */
  readonly caller: Caller | undefined;
}

export interface LimitExceeded {
  readonly reason: 'RATE' | 'CONCURRENCY' | 'OVERLOAD';
  /** Milliseconds after which another call is likely to be admitted. */
  readonly retryAfterMs: number;
}

/** When a call in flight will end is not known. */
const CONCURRENCY_RETRY_MS = 100;

/** A full bucket lasts for two seconds of calls, and holds one call at least. */
const newBucket = (callsPerSecond: number): TokenBucket => {
  const bucketSize = Math.max(1, 2 * callsPerSecond);
  const bucket = new TokenBucket({ bucketSize, tokensPerInterval: callsPerSecond, interval: 'second' });
  bucket.content = bucketSize;
  return bucket;
};

/** What one caller uses. */
interface Usage {
  inFlight: number;
  readonly concurrentCalls: number;
  readonly bucket: TokenBucket | undefined;
}

/** A call that its caller's limits admit. It counts as in flight until it is released. */
export class CountedCall {
  constructor(private readonly usage: Usage) {
    usage.inFlight += 1;
  }

  release(): void {
    this.usage.inFlight -= 1;
  }
}

/** What all certificates together may ask whose key is not registered: enough for a new one to be told so. */
const UNREGISTERED = { callsPerSecond: 50, concurrentCalls: 20 } as const;

/**
 * Counts the calls of each caller. Callers are never forgotten: some thousands of applications are registered. Certificates whose key is
 * not, as of a withdrawn one, have one budget together, so that they cost those that work nothing.
 */
export class CallLimits {
  private readonly callsPerSecond: number | undefined;
  private readonly concurrentCalls: number;
  private readonly applications = new Map<string, Usage>();
  private readonly services = new Map<string, Usage>();
  private readonly unregistered: Usage;

  constructor(
    { callsPerSecond, concurrentCalls = Number.POSITIVE_INFINITY }: CallerLimits,
    private readonly isRegistered: (caller: Caller) => boolean = () => true,
  ) {
    this.callsPerSecond = callsPerSecond;
    this.concurrentCalls = concurrentCalls;
    this.unregistered = {
      inFlight: 0,
      concurrentCalls: Math.min(UNREGISTERED.concurrentCalls, concurrentCalls),
      bucket: newBucket(Math.min(UNREGISTERED.callsPerSecond, callsPerSecond ?? Number.POSITIVE_INFINITY)),
    };
  }

  admit(caller: Caller): CountedCall | LimitExceeded {
    const usage = this.usageOf(caller);
    if (usage.inFlight >= usage.concurrentCalls) return { reason: 'CONCURRENCY', retryAfterMs: CONCURRENCY_RETRY_MS };
    const { bucket } = usage;
    if (bucket?.tryRemoveTokens(1) === false) return { reason: 'RATE', retryAfterMs: bucket.getWaitTime(1) };
    return new CountedCall(usage);
  }

  private usageOf(caller: Caller): Usage {
    if (!this.isRegistered(caller)) return this.unregistered;
    const [usages, name] =
      caller.kind === 'institution'
        ? [this.applications, `${caller.enterpriseNumber}/${caller.application}`]
        : [this.services, caller.name];
    const known = usages.get(name);
    if (known !== undefined) return known;
    const { callsPerSecond, concurrentCalls } = this;
    const usage = {
      inFlight: 0,
      concurrentCalls,
      bucket: callsPerSecond === undefined ? undefined : newBucket(callsPerSecond),
    };
    usages.set(name, usage);
    return usage;
  }
}
