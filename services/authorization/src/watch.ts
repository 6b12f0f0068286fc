import type { WatchResponse } from '@crossroads/contracts/authorization/v1/authorization_service';
import { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import type { LivePolicy } from './live-policy.js';

const PART_BYTES = 1024 * 1024;

/**
 * The policy for one watcher: whole, unless it holds a revision from which the changes are known, then each change. Each
 * watcher reads on at its own pace. A heartbeat says "you have everything", so that it follows a read of the stream that
 * began after the last one, the first one a read that began after the watcher had come: without its database this process
 * falls silent, and watchers refuse to decide.
 */
export async function* watchPolicy(live: LivePolicy, from: bigint, signal: AbortSignal): AsyncGenerator<WatchResponse> {
  let held = from === 0n ? undefined : from;
  let beats = -1;
  const came = performance.now();
  // What goes wrong with it goes wrong with the next beat, too.
  live.refresh().catch(() => {});
  while (!signal.aborted && live.confirmedAt < came) await live.next(signal);
  while (!signal.aborted) {
    const changes = held === undefined ? undefined : live.changesSince(held);
    if (!changes) {
      const { revision, entities } = live.snapshot();
      yield* snapshotParts(revision, entities);
      held = revision;
      continue;
    }
    for (const { revision, entity } of changes) {
      yield { policyRevision: revision, message: { $case: 'change', value: entity } };
      held = revision;
    }
    if (held === live.revision && live.beats > beats) {
      beats = live.beats;
      yield { policyRevision: held, message: { $case: 'heartbeat', value: { time: new Date() } } };
    }
    if (held === live.revision && live.beats === beats) await live.next(signal);
  }
}

function* snapshotParts(policyRevision: bigint, entities: readonly PolicyEntity[]): Generator<WatchResponse> {
  const part = (first: boolean, last: boolean, some: readonly PolicyEntity[]): WatchResponse => ({
    policyRevision,
    message: { $case: 'snapshotPart', value: { first, last, entities: some } },
  });
  let first = true;
  let some: PolicyEntity[] = [];
  let bytes = 0;
  for (const entity of entities) {
    const size = PolicyEntity.encode(entity).finish().length + 8;
    if (bytes + size > PART_BYTES && some.length > 0) {
      yield part(first, false, some);
      [first, some, bytes] = [false, [], 0];
    }
    some.push(entity);
    bytes += size;
  }
  yield part(first, true, some);
}
