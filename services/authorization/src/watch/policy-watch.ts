import type {
  ConfirmPolicyResponse,
  LostPolicyHead,
  WatchResponse,
} from '@crossroads/contracts/authorization/v1/authorization_service';
import { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import type { PolicyHead } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import { PolicyForks, policyForked } from '../fork/policy-forks.js';
import { LivePolicy } from '../policy/live-policy.js';

const MAX_PART_BYTES = 1024 * 1024;
/** Of an entity within its part: tag and length. */
const MAX_FRAME_BYTES = 8;
const NO_HASH = Buffer.alloc(0);

/** What a watcher holds and wants. */
export interface WatchInput {
  readonly held: PolicyHead;
  /** Whether it wants a snapshot in any case. */
  readonly snapshot: boolean;
}

/**
 * The policy for one watcher: a snapshot, unless it holds a revision whose successors are known, then each change. Each watcher
 * reads at its own pace. A heartbeat means "you have everything": it follows a read of the stream that began after the last
 * heartbeat, and a commit after that. Without its database this process sends none, and confirms nothing.
 */
@Injectable()
export class PolicyWatch {
  constructor(
    private readonly live: LivePolicy,
    private readonly forks: PolicyForks,
  ) {}

  /** @throws FailedPrecondition `POLICY_FORKED`; Unavailable `NEEDS_NEWER_VERSION` */
  async *watch({ held, snapshot }: WatchInput, by: string, signal: AbortSignal): AsyncGenerator<WatchResponse> {
    const { live } = this;
    let heartbeats = -1;
    const arrivedAt = performance.now();
    // Errors of this read are ignored: the next periodic read reports them.
    live.refresh().catch(() => {});
    while (!signal.aborted && live.confirmedAt < arrivedAt && !live.needsNewerVersion) await live.nextRead(signal);
    if (signal.aborted) return;
    const isKnown = await this.isInHistory(held, by);
    let lost = isKnown ? undefined : { policyRevision: held.revision, policyHash: held.hash, heldBy: by };
    let sent = isKnown && !snapshot && held.revision > 0n ? held.revision : undefined;
    const { generation } = live;
    while (!signal.aborted) {
      this.requireService();
      if (live.generation !== generation) throw policyForked();
      const changes = sent === undefined ? undefined : live.changesSince(sent);
      if (!changes) {
        const { head, entities } = live.snapshot();
        yield* snapshotParts(head, entities, lost);
        lost = undefined;
        sent = head.revision;
        continue;
      }
      for (const { revision, entity, hash, previousHash } of changes) {
        const message = { $case: 'change', value: entity } as const;
        yield { policyRevision: revision, policyHash: hash, previousHash, message };
        sent = revision;
      }
      if (sent === live.revision && live.heartbeats > heartbeats) {
        heartbeats = live.heartbeats;
        const message = { $case: 'heartbeat', value: { time: new Date() } } as const;
        yield { policyRevision: sent, policyHash: live.head.hash, previousHash: NO_HASH, message };
      }
      if (sent === live.revision && live.heartbeats === heartbeats) await live.nextRead(signal);
    }
  }

  /**
   * The head in force, after a commit whose read began after the call had arrived.
   * @throws FailedPrecondition `POLICY_FORKED`; Unavailable `NEEDS_NEWER_VERSION`
   */
  async confirm(held: PolicyHead, by: string, signal: AbortSignal): Promise<ConfirmPolicyResponse> {
    const { live } = this;
    const arrivedAt = performance.now();
    while (!signal.aborted && live.beatBegan < arrivedAt && !live.needsNewerVersion) await live.nextRead(signal);
    signal.throwIfAborted();
    this.requireService();
    if (!(await this.isInHistory(held, by))) throw policyForked();
    const { revision, hash } = live.head;
    return { policyRevision: revision, policyHash: hash };
  }

  private requireService(): void {
    this.live.requireReadable();
    this.forks.requireNone();
  }

  /** @returns false when it is not, and administrators have accepted that @throws FailedPrecondition `POLICY_FORKED` */
  private async isInHistory(held: PolicyHead, by: string): Promise<boolean> {
    this.live.requireReadable();
    if (await this.live.hasInHistory(held)) return true;
    if (await this.forks.notice(held, by)) return false;
    throw policyForked();
  }
}

function* snapshotParts(
  { revision, hash }: PolicyHead,
  entities: readonly PolicyEntity[],
  lost: LostPolicyHead | undefined,
): Generator<WatchResponse> {
  const part = (first: boolean, last: boolean, some: readonly PolicyEntity[]): WatchResponse => ({
    policyRevision: revision,
    policyHash: hash,
    previousHash: NO_HASH,
    message: { $case: 'snapshotPart', value: { first, last, entities: some, lost: first ? lost : undefined } },
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
