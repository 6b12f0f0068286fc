import type { WatchResponse } from '@crossroads/contracts/authorization/v1/authorization_service';
import type { Recorded } from '@crossroads/eventsourcing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { LivePolicy } from './live-policy.js';
import { watchPolicy } from './watch.js';

/** The stream of a policy nothing is in, read as often as it says, while it is there. */
class Stream {
  reads = 0;
  away = false;

  async readStream(): Promise<Recorded[]> {
    if (this.away) throw new Error('no database');
    this.reads++;
    return [];
  }
}

const NEVER_MS = 1_000_000;

describe('watching the policy', () => {
  const stopping = new AbortController();
  let live: LivePolicy;
  let stream: Stream;
  let hint: () => void;
  afterEach(() => live.close());

  const start = async (beatMs: number): Promise<void> => {
    stream = new Stream();
    const onLogGrown = (listener: () => void) => {
      hint = listener;
      return () => {};
    };
    live = new LivePolicy({ store: stream, onLogGrown, beatMs, onError: () => {} });
    await live.start();
  };
  const watch = () => watchPolicy(live, 0n, stopping.signal)[Symbol.asyncIterator]();
  const heartbeat = { value: { message: { $case: 'heartbeat' } } };
  /** A whole turn of the event loop later: all that goes on without a timer has gone on. */
  const turn = () => new Promise((resolve) => setImmediate(resolve, 'nothing'));
  const refreshed = () => live.refresh().catch(() => {});

  it('gives every watcher a heartbeat after each beat, of one read', async () => {
    await start(1);
    const readsAtHeartbeats = async (): Promise<number[]> => {
      const reads: number[] = [];
      for await (const { message } of watchPolicy(live, 0n, stopping.signal)) {
        if (message?.$case === 'heartbeat') reads.push(stream.reads);
        if (reads.length === 5) return reads;
      }
      return reads;
    };
    const [one, other] = await Promise.all([readsAtHeartbeats(), readsAtHeartbeats()]);
    // The first tells that they have come, the others are the beats.
    const beats = (one ?? []).slice(1);
    expect(beats).toEqual(beats.map((_, index) => (beats[0] ?? 0) + index));
    expect((other ?? []).slice(1)).toEqual(beats);
  });

  it('gives none for a read that somebody else wanted', async () => {
    await start(NEVER_MS);
    await refreshed();
    const watcher = watch();
    expect(await watcher.next()).toMatchObject({ value: { message: { $case: 'snapshotPart' } } });
    expect(await watcher.next()).toMatchObject(heartbeat);
    const next = watcher.next();
    const before = stream.reads;
    hint();
    await refreshed();
    expect(stream.reads).toBeGreaterThan(before);
    expect(await Promise.race([next, turn()])).toBe('nothing');
  });

  it('tells nothing to who comes while the database is away', async () => {
    await start(1);
    await refreshed();
    stream.away = true;
    const watcher = watch();
    const first: Promise<IteratorResult<WatchResponse>> = watcher.next();
    for (let times = 0; times < 5; times++) await refreshed();
    expect(await Promise.race([first, turn()])).toBe('nothing');
    stream.away = false;
    expect(await first).toMatchObject({ value: { message: { $case: 'snapshotPart' } } });
    expect(await watcher.next()).toMatchObject(heartbeat);
  });

  it('ends with its call, also while the database is away', async () => {
    await start(NEVER_MS);
    stream.away = true;
    const call = new AbortController();
    const watcher = watchPolicy(live, 0n, call.signal);
    const first = watcher.next();
    call.abort();
    expect(await first).toEqual({ done: true, value: undefined });
  });
});
