import type { DeliveredAccess } from '../journal/access-record.message.js';

/** What a subscriber gets of one mutation. */
export interface DecidedDelivery extends DeliveredAccess {
  /** Identity of the mutation's event: the same event is delivered once. */
  readonly ceSource: string;
  readonly ceId: string;
  /** The changed field groups, cut to what is granted. */
  readonly data: Readonly<Record<string, unknown>>;
}
