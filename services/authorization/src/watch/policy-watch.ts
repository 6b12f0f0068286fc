import type { WatchResponse } from '@crossroads/contracts/authorization/v1/authorization_service';
import { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import { Injectable } from '@nestjs/common';
import { LivePolicy } from '../policy/live-policy.js';

const MAX_PART_BYTES = 1024 * 1024;
/** Of an entity within its part: tag and length. */
const MAX_FRAME_BYTES = 8;

/**
 * The policy for one watcher: a snapshot, unless it holds a revision whose successors are known, then each change. Each watcher
 * reads at its own pace. A heartbeat means "you have everything": it follows a read of the stream that began after the last
 * heartbeat, the first one a read that began after the watcher arrived. Without its database this process sends none, and
 * watchers stop deciding.
 */
@Injectable()
export class PolicyWatch {
  constructor(private readonly live: LivePolicy) {}

  async *watch(from: bigint, signal: AbortSignal): AsyncGenerator<WatchResponse> {
    const { live } = this;
    let sent = from === 0n ? undefined : from;
    let heartbeats = -1;
    const arrivedAt = performance.now();
    // Errors of this read are ignored: the next periodic read reports them.
    live.refresh().catch(() => {});
    while (!signal.aborted && live.confirmedAt < arrivedAt) await live.nextRead(signal);
    while (!signal.aborted) {
      const changes = sent === undefined ? undefined : live.changesSince(sent);
      if (!changes) {
        const { revision, entities } = live.snapshot();
        yield* snapshotParts(revision, entities);
        sent = revision;
        continue;
      }
      for (const { revision, entity } of changes) {
        yield { policyRevision: revision, message: { $case: 'change', value: entity } };
        sent = revision;
      }
      if (sent === live.revision && live.heartbeats > heartbeats) {
        heartbeats = live.heartbeats;
        yield { policyRevision: sent, message: { $case: 'heartbeat', value: { time: new Date() } } };
      }
      if (sent === live.revision && live.heartbeats === heartbeats) await live.nextRead(signal);
    }
  }
}

function* snapshotParts(policyRevision: bigint, entities: readonly PolicyEntity[]): Generator<WatchResponse> {
  const part = (first: boolean, last: boolean, some: readonly PolicyEntity[]): WatchResponse => ({
    policyRevision,
    message: { $case: 'snapshotPart', value: { first, last, entities: some } },
  });
  let first = true;
  let batch: PolicyEntity[] = [];
  let bytes = 0;
  for (const entity of entities) {
    const size = PolicyEntity.encode(entity).finish().length + MAX_FRAME_BYTES;
    if (bytes + size > MAX_PART_BYTES && batch.length > 0) {
      yield part(first, false, batch);
      [first, batch, bytes] = [false, [], 0];
    }
    batch.push(entity);
    bytes += size;
  }
  yield part(first, true, batch);
}
