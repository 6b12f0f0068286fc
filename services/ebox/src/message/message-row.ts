import type { IsoDay } from '@crossroads/identifiers';

/** A message as the table has it. */
export interface MessageRow {
  /** The id under which its content is sealed: one of those of the owner. */
  readonly ownerId: string;
  readonly messageId: string;
  /** Null: unread. */
  readonly readAt: Date | null;
  /** The last day on which its documents can be opened; null: without end. */
  readonly expiresOn: IsoDay | null;
  readonly hidden: boolean;
  readonly registeredMail: boolean;
  readonly provider: string;
  readonly sender: string;
  readonly messageType: string;
  readonly originalMessageId: string;
}

export const MESSAGE_COLUMNS = `owner_id as "ownerId", message_id as "messageId", read_at as "readAt",
  expires_on as "expiresOn", hidden, registered_mail as "registeredMail", provider, sender, message_type as "messageType",
  original_message_id as "originalMessageId"`;
