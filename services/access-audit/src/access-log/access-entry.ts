import { AccessKind, AccessOutcome, AccessRecord } from '@crossroads/contracts/access/v1/access_record';

/** One step of an access, as its journal published it: exact bytes, each with its salt. */
export interface AccessStep {
  /** Of the access: one stream, one line of somebody's list. */
  readonly journalId: string;
  /** Empty when the number asked about is nobody's. */
  readonly personId: string;
  /** Its place among the steps of the access, as their journal counts them. */
  readonly revision: number;
  readonly record?: Bytes;
  readonly outcome?: Bytes;
}

interface Bytes {
  readonly bytes: Uint8Array;
  readonly salt: Uint8Array;
}

/** An access as far as it is known: steps may come twice and in any order. */
export interface AccessEntry {
  readonly journalId: string;
  readonly record: AccessRecord;
  /** Absent while the answer is under way. */
  readonly outcome?: AccessOutcome;
}

/** Nothing when what was asked is not known yet, or was erased. The last outcome holds: a delivery may be withheld afterwards. */
export const entryOf = (steps: readonly AccessStep[]): AccessEntry | undefined => {
  const record = steps.find((step) => step.record)?.record;
  if (!record) return undefined;
  const [first] = steps;
  const inOrder = steps.toSorted((one, other) => one.revision - other.revision);
  const outcome = inOrder.findLast((step) => step.outcome)?.outcome;
  return {
    journalId: first?.journalId ?? '',
    record: AccessRecord.decode(record.bytes),
    ...(outcome ? { outcome: AccessOutcome.decode(outcome.bytes) } : {}),
  };
};

export const isOwnLook = ({ kind }: AccessRecord): boolean => kind === AccessKind.ACCESS_KIND_SELF_CONSULTATION;
