import { type Decider, type DomainEvent, Rejection } from '@crossroads/eventsourcing/decider';

export const MUTATIONS = 'mutations';

/** One stream for each person and data service; its source revisions have no gaps. */
export const mutationsOf = (personId: string, dataService: string): string => `${MUTATIONS}/${personId}/${dataService}`;

export type MutationReason = 'SOURCE_REVISION_GAP' | 'SOURCE_REVISION_OLD';

export interface ReportedMutation {
  readonly version: 1;
  readonly personId: string;
  /** Decimal. */
  readonly sourceRevision: string;
  /** The bytes of a `crossroads.mutation.v1.Mutation`, sealed for the person. */
  readonly sealed: string;
}

export type MutationReported = DomainEvent<'MutationReported', ReportedMutation>;

/** Absent before the first mutation. */
export type LastRevision = bigint | undefined;

export const mutationDecider: Decider<LastRevision, ReportedMutation, MutationReported> = {
  initialState: () => undefined,

  decide(mutation, last) {
    const revision = BigInt(mutation.sourceRevision);
    if (last !== undefined && revision !== last + 1n) {
      const metadata = { expected: String(last + 1n) };
      if (revision > last)
        throw reject('SOURCE_REVISION_GAP', 'changes are reported one by one; report those in between first', metadata);
      throw reject('SOURCE_REVISION_OLD', 'a change with this revision was reported before', metadata);
    }
    return [{ type: 'MutationReported', data: mutation }];
  },

  evolve: (_last, { data }) => BigInt(data.sourceRevision),
};

const reject = (reason: MutationReason, message: string, metadata: Readonly<Record<string, string>>) =>
  new Rejection(reason, message, metadata);
