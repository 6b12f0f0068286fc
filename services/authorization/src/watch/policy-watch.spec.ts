import { ReadinessChecks } from '@crossroads/configuration';
import type { WatchResponse } from '@crossroads/contracts/authorization/v1/authorization_service';
import type { Recorded } from '@crossroads/eventsourcing';
import { NO_HEAD } from '@crossroads/policy';
import { afterEach, describe, expect, it } from '@jest/globals';
import { LivePolicy } from '../policy/live-policy.js';
import { PolicyRefreshJob } from '../policy/policy-refresh.job.js';
import { PolicyForks } from '../fork/policy-forks.js';
import { PolicyWatch } from './policy-watch.js';

/** An empty policy stream that counts how often it is read, and fails while `away`. */
class StreamStub {
  reads = 0;
  away = false;
  readOnly = false;
  /** Tried. */
  commits = 0;

  async readStream(): Promise<Recorded[]> {
    if (this.away) throw new Error('no database');
    this.reads++;
    return [];
  }
}

const NEVER_MS = 1_000_000;
const noSnapshots = {
  load: async () => undefined,
  save: async () => true,
  hashAt: async () => undefined,
  discard: async () => {},
};

describe('watching the policy', () => {
  const stopping = new AbortController();
  let live: LivePolicy;
  let job: PolicyRefreshJob;
  let watcher: PolicyWatch;
  let stream: StreamStub;
  let logGrown: () => void;
  afterEach(() => job.onModuleDestroy());

  const start = async (ms: number): Promise<void> => {
    stream = new StreamStub();
    const session = {
      onLogGrown: (listener: () => void) => {
        logGrown = listener;
        return () => {};
      },
    };
    class Job extends PolicyRefreshJob {
      protected override readonly intervalMs = ms;
    }
    const beat = {
      write: async () => {
        stream.commits++;
        if (stream.away || stream.readOnly) throw new Error('no commit');
      },
    };
    const forks = new PolicyForks({ query: async () => [], execute: async () => 0 });
    live = new LivePolicy(stream, noSnapshots, forks);
    watcher = new PolicyWatch(live, forks);
    job = new Job(live, beat, forks, { session }, new ReadinessChecks());
    await job.onModuleInit();
  };
  const watch = (signal = stopping.signal) => watcher.watch({ held: NO_HEAD, snapshot: false }, 'exchange', signal);
  const confirm = (signal = stopping.signal) => watcher.confirm(NO_HEAD, 'exchange', signal);
  const heartbeat = { value: { message: { $case: 'heartbeat' } } };
  /** Resolves after one turn of the event loop: everything that needs no timer has happened by then. */
  const eventLoopTurn = () => new Promise((resolve) => setImmediate(resolve, 'nothing'));
  const commitsTried = async (more: number) => {
    const until = stream.commits + more;
    while (stream.commits < until) await eventLoopTurn();
  };
  const refreshed = () => live.refresh().catch(() => {});

  it('gives every watcher a heartbeat after each periodic read, which they share', async () => {
    await start(1);
    const readsAtHeartbeats = async (): Promise<number[]> => {
      const reads: number[] = [];
      for await (const { message } of watch()) {
        if (message?.$case === 'heartbeat') reads.push(stream.reads);
        if (reads.length === 5) return reads;
      }
      return reads;
    };
    const [one, other] = await Promise.all([readsAtHeartbeats(), readsAtHeartbeats()]);
    // The first heartbeat follows the read that the watcher itself caused.
    const periodic = (one ?? []).slice(1);
    expect(periodic).toEqual(periodic.map((_, index) => (periodic[0] ?? 0) + index));
    expect((other ?? []).slice(1)).toEqual(periodic);
  });

  it('sends no heartbeat for a read that was not periodic', async () => {
    await start(NEVER_MS);
    await refreshed();
    const messages = watch();
    expect(await messages.next()).toMatchObject({ value: { message: { $case: 'snapshotPart' } } });
    expect(await messages.next()).toMatchObject(heartbeat);
    const next = messages.next();
    const before = stream.reads;
    logGrown();
    await refreshed();
    expect(stream.reads).toBeGreaterThan(before);
    expect(await Promise.race([next, eventLoopTurn()])).toBe('nothing');
  });

  it('sends nothing to a watcher that arrives while the database is away', async () => {
    await start(1);
    await refreshed();
    stream.away = true;
    const messages = watch();
    const first: Promise<IteratorResult<WatchResponse>> = messages.next();
    for (let times = 0; times < 5; times++) await refreshed();
    expect(await Promise.race([first, eventLoopTurn()])).toBe('nothing');
    stream.away = false;
    expect(await first).toMatchObject({ value: { message: { $case: 'snapshotPart' } } });
    expect(await messages.next()).toMatchObject(heartbeat);
  });

  it('sends no heartbeat and confirms nothing without a commit, and confirms after one that began later', async () => {
    await start(1);
    await confirm();
    stream.readOnly = true;
    // One may have begun before.
    await commitsTried(2);
    const { heartbeats } = live;
    const confirmed = confirm();
    await commitsTried(3);
    expect(await Promise.race([confirmed, eventLoopTurn()])).toBe('nothing');
    expect(live.heartbeats).toBe(heartbeats);
    stream.readOnly = false;
    expect(await confirmed).toMatchObject({ policyRevision: 0n });
  });

  it('ends with its call, also while the database is away', async () => {
    await start(NEVER_MS);
    stream.away = true;
    const call = new AbortController();
    const first = watch(call.signal).next();
    call.abort();
    expect(await first).toEqual({ done: true, value: undefined });
  });
});
