import type { Json, Recorded, StreamAppend } from '@crossroads/eventsourcing';
import type { PolicyEvent } from './policy.decider.js';

/** One stream holds the whole policy: its revision is the policy revision. */
export const POLICY_STREAM = 'policy';

/** The newest schema version of each type of event that this version reads. */
const KNOWN: Readonly<Record<PolicyEvent['type'], number>> = {
  InstitutionRegistered: 1,
  RepresentationAccepted: 1,
  RepresentationWithdrawn: 1,
  ApplicationRegistered: 1,
  KeyWithdrawn: 1,
  DataServiceRegistered: 1,
  SignInProviderRegistered: 1,
  DocumentProviderRegistered: 1,
  TermRegistered: 1,
  InscriptionsGranted: 1,
  DeliberationSubmitted: 1,
  DeliberationApproved: 1,
  DeliberationRejected: 1,
  DeliberationRevoked: 1,
};

const newestKnown = new Map<string, number>(Object.entries(KNOWN));

/** `undefined`: a later version wrote it, and this one cannot tell what it means. Other stored events are trusted. */
export const policyEventOf = ({ type, schemaVersion, data }: Recorded): PolicyEvent | undefined =>
  schemaVersion <= (newestKnown.get(type) ?? 0)
    ? ({ type, data } as { type: string; data: unknown } as PolicyEvent)
    : undefined;

export const appendOf = (events: readonly PolicyEvent[], expectedRevision: bigint): StreamAppend => ({
  streamId: POLICY_STREAM,
  streamType: 'policy',
  expectedRevision,
  // Entities are plain JSON throughout.
  events: events.map(({ type, data }) => ({ type, data: data as unknown as Json })),
});
