import type { Recorded } from '@crossroads/eventsourcing';
import type { PolicyEvent } from './domain/policy.js';

/** One stream for all: its revision is the policy revision. */
export const POLICY_STREAM = 'policy';

/** What this service stored it believes; nothing for an event of another stream. */
export const policyEventOf = ({ streamId, type, data }: Recorded): PolicyEvent | undefined =>
  streamId === POLICY_STREAM ? ({ type, data } as { type: string; data: unknown } as PolicyEvent) : undefined;
