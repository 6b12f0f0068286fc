import type { DeliveredAccess, JournalEntry } from '../journal/access-record.message.js';

/** What a subscriber gets of one mutation. */
export interface DecidedDelivery extends DeliveredAccess {
  readonly lane: number;
  /** Identity of the mutation's event: the same event is delivered once. */
  readonly ceSource: string;
  readonly ceId: string;
  readonly content: 'data' | 'notification';
  /** The changed field groups, cut to what is granted; nothing in a notification. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** All of a delivery but its number. */
export interface PreparedDelivery
  extends Pick<DecidedDelivery, 'subscriptionId' | 'lane' | 'ceSource' | 'ceId' | 'traceparent'> {
  readonly entry: JournalEntry;
  /** Record and outcome, sealed for the journal. */
  readonly sealedEntry: string;
  /** The content of the message, sealed. */
  readonly body: string;
}
