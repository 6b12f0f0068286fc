import { AccessKind, AccessOutcome, AccessRecord, MailReader } from '@crossroads/contracts/access/v1/access_record';

/** One step of an access as its journal published it: the exact bytes, with their salts. */
export interface AccessStep {
  /** Identifies the access: its stream, and its entry in a list. */
  readonly journalId: string;
  /** Empty when the number belongs to no person. */
  readonly personId: string;
  /** The revision of the step in the stream of its journal. */
  readonly revision: number;
  readonly record?: Bytes;
  readonly outcome?: Bytes;
}

interface Bytes {
  readonly bytes: Uint8Array;
  readonly salt: Uint8Array;
}

/** An access as far as its steps have arrived. */
export interface AccessEntry {
  readonly journalId: string;
  readonly record: AccessRecord;
  /** Absent until the access is concluded. */
  readonly outcome?: AccessOutcome;
  /** Its journal was restored to an older state, and has lost a step of it. */
  readonly lostAtSource: boolean;
}

/** What stands in a list where an access was erased: that it was, and when. */
export interface ErasedEntry {
  readonly journalId: string;
  readonly at: Date;
  readonly erased: true;
}

export type ListEntry = AccessEntry | ErasedEntry;

/** `undefined` until the record has arrived, or when it was erased. The last outcome counts: a delivery can be withheld later. */
export const entryOf = (steps: readonly AccessStep[], lostAtSource: boolean): AccessEntry | undefined => {
  const record = steps.find((step) => step.record)?.record;
  if (!record) return undefined;
  const [first] = steps;
  const inOrder = steps.toSorted((one, other) => one.revision - other.revision);
  const outcome = inOrder.findLast((step) => step.outcome)?.outcome;
  return {
    journalId: first?.journalId ?? '',
    record: AccessRecord.decode(record.bytes),
    lostAtSource,
    ...(outcome ? { outcome: AccessOutcome.decode(outcome.bytes) } : {}),
  };
};

/** Whether the owner of the list looked: at the list itself, or at their own mail. */
export const isSelfConsultation = ({ kind, mail }: AccessRecord): boolean =>
  kind === AccessKind.ACCESS_KIND_SELF_CONSULTATION ||
  (kind === AccessKind.ACCESS_KIND_MAIL_OPENING && mail?.reader === MailReader.MAIL_READER_OWNER);
