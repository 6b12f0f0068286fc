import { getHeapStatistics } from 'node:v8';
import { TokenBucket } from 'limiter';
import type { Caller } from '../identity/caller.js';

/** How much one caller (an application of an institution, or a service) may ask of one server. */
export interface CallerLimits {
  /** Sustained rate; twice as many calls may come at once after a pause. @default no limit */
  readonly callsPerSecond?: number;
  /** In flight at once, over all connections. @default no limit */
  readonly concurrentCalls?: number;
}

/** Which limit a call exceeded: of its caller, of a message, of bytes in hand, or of its lane in this process. */
export type LimitReason = 'RATE' | 'CONCURRENCY' | 'SIZE' | 'BYTES' | 'OVERLOAD';

/** A call that exceeded a limit, for metrics. */
export interface LimitedCall {
  readonly rpc: string;
  readonly reason: LimitReason;
  /** Absent when the certificate named nobody. */
  readonly caller: Caller | undefined;
}

export interface LimitExceeded {
  readonly reason: LimitReason;
  /** Milliseconds after which another call is likely to be admitted; absent where none is. */
  readonly retryAfterMs?: number;
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

/** Bytes of requests in hand, of one caller or of all. */
interface Bytes {
  inHand: number;
  readonly limit: number;
}

/** What one caller uses. */
interface Usage {
  inFlight: number;
  readonly concurrentCalls: number;
  readonly bytes: Bytes;
  readonly bucket: TokenBucket | undefined;
}

/** A call that its caller's limits admit. It counts as in flight until it is released. */
export class CountedCall {
  private bytes = 0;
  private isReleased = false;

  constructor(
    private readonly usage: Usage,
    private readonly ofAll: Bytes,
  ) {
    usage.inFlight += 1;
  }

  /** Whether there is room for this many bytes, instead of those before. */
  holds(bytes: number): boolean {
    // What comes after the end is thrown away.
    if (this.isReleased) return true;
    const more = bytes - this.bytes;
    const totals = [this.usage.bytes, this.ofAll];
    if (more > 0 && totals.some(({ inHand, limit }) => inHand + more > limit)) return false;
    for (const total of totals) total.inHand += more;
    this.bytes = bytes;
    return true;
  }

  release(): void {
    this.usage.inFlight -= 1;
    this.holds(0);
    this.isReleased = true;
  }
}

const MIB = 1024 * 1024;
/** Of requests of one caller: messages that are arriving, and those that are worked on. */
const BYTES_IN_HAND = 16 * MIB;
/** Of the heap, for the requests of all callers. */
const SHARE_OF_HEAP = 0.25;

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
  private readonly ofAll: Bytes = { inHand: 0, limit: SHARE_OF_HEAP * getHeapStatistics().heap_size_limit };

  constructor({ callsPerSecond, concurrentCalls = Number.POSITIVE_INFINITY }: CallerLimits) {
    this.callsPerSecond = callsPerSecond;
    this.concurrentCalls = concurrentCalls;
    this.unregistered = {
      inFlight: 0,
      concurrentCalls: Math.min(UNREGISTERED.concurrentCalls, concurrentCalls),
      bytes: { inHand: 0, limit: 0 },
      bucket: newBucket(Math.min(UNREGISTERED.callsPerSecond, callsPerSecond ?? Number.POSITIVE_INFINITY)),
    };
  }

  admit(caller: Caller | 'unregistered'): CountedCall | LimitExceeded {
    const usage = caller === 'unregistered' ? this.unregistered : this.usageOf(caller);
    if (usage.inFlight >= usage.concurrentCalls) return { reason: 'CONCURRENCY', retryAfterMs: CONCURRENCY_RETRY_MS };
    const { bucket } = usage;
    if (bucket?.tryRemoveTokens(1) === false) return { reason: 'RATE', retryAfterMs: bucket.getWaitTime(1) };
    return new CountedCall(usage, this.ofAll);
  }

  private usageOf(caller: Caller): Usage {
    const [usages, name] =
      caller.kind === 'institution'
        ? [this.applications, `${caller.enterpriseNumber}/${caller.application}`]
        : [this.services, caller.name];
    const known = usages.get(name);
    if (known !== undefined) return known;
    const { callsPerSecond, concurrentCalls } = this;
    const usage = {
      inFlight: 0,
      bytes: { inHand: 0, limit: BYTES_IN_HAND },
      concurrentCalls,
      bucket: callsPerSecond === undefined ? undefined : newBucket(callsPerSecond),
    };
    usages.set(name, usage);
    return usage;
  }
}
