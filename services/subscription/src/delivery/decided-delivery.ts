import type { DeliveredAccess, JournalEntry } from '../journal/delivered-access.message.js';

/** What a subscriber gets of one mutation. */
export interface DecidedDelivery extends DeliveredAccess {
  readonly lane: number;
  /** Identity of the mutation's event: the same event is delivered once. */
  readonly ceSource: string;
  readonly ceId: string;
  /** Its first number in the lane, when it is delivered again. */
  readonly replayOf?: { readonly replayId: string; readonly sequence: bigint };
  readonly join?: SnapshotJoin;
  readonly content: 'data' | 'notification';
  /** The changed field groups, cut to what is granted; nothing in a notification. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** By what a mutation is compared with the snapshot of its person. */
export interface SnapshotJoin {
  /** Of the mutation. */
  readonly personId: string;
  /** All ids of the person. */
  readonly personIds: readonly string[];
  readonly revision: bigint;
}

/** What takes a number in a lane. */
export interface Numberable
  extends Pick<DecidedDelivery, 'subscriptionId' | 'lane' | 'ceSource' | 'ceId' | 'traceparent' | 'replayOf' | 'join'> {
  /** Absent for what is about the subscription itself. */
  readonly access?: PreparedAccess;
  /** The content of the message: sealed for the person, or plain when it is about nobody. */
  readonly body: string;
}

interface PreparedAccess {
  readonly entry: JournalEntry;
  /** Record and outcome, sealed for the journal. */
  readonly sealed: string;
}

/** All of a delivery but its number. */
export interface PreparedDelivery extends Numberable {
  readonly access: PreparedAccess;
}
