import type { Json, Recorded, StreamAppend } from '@crossroads/eventsourcing';
import type { PolicyEvent } from './policy.decider.js';

/** One stream holds the whole policy: its revision is the policy revision. */
export const POLICY_STREAM = 'policy';

/** Stored events are trusted: this service wrote them. */
export const policyEventOf = ({ type, data }: Recorded): PolicyEvent =>
  ({ type, data }) as { type: string; data: unknown } as PolicyEvent;

export const appendOf = (events: readonly PolicyEvent[], expectedRevision: bigint): StreamAppend => ({
  streamId: POLICY_STREAM,
  streamType: 'policy',
  expectedRevision,
  // Entities are plain JSON throughout.
  events: events.map(({ type, data }) => ({ type, data: data as unknown as Json })),
});
