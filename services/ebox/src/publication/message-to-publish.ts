import type { RequestKey } from '@crossroads/eventsourcing';
import type { IsoDay } from '@crossroads/identifiers';
import type { MessageContent } from '../message/message-content.js';

/** A message whose fields are all well-formed, and whose sender may be named by its provider. */
export interface MessageToPublish {
  readonly request: RequestKey;
  /** All ids of the recipient, the current one first. */
  readonly ownerIds: readonly [string, ...string[]];
  readonly provider: string;
  readonly sender: string;
  readonly originalMessageId: string;
  readonly messageType: string;
  readonly expiresOn: IsoDay | undefined;
  readonly registeredMail: boolean;
  readonly content: MessageContent;
}

export interface PublishedOutcome {
  readonly messageId: string;
  readonly exclusivelyEbox: boolean;
}

export type PublishOutcome =
  | PublishedOutcome
  /** The error that a caller of one message would get. */
  | { readonly refused: Error };
