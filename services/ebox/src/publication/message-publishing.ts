import type { RequestKey } from '@crossroads/eventsourcing';
import type { IsoDay } from '@crossroads/identifiers';
import type { MessageContent } from '../message/message-content.js';
import { Injectable } from '@nestjs/common';

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

export type PublishOutcome =
  | { readonly messageId: string; readonly exclusivelyEbox: boolean }
  /** The error that a caller of one message would get. */
  | { readonly refused: Error };

/** Stores messages, many in one transaction. */
@Injectable()
export class MessagePublishing {
  /** In the order given. A message that is refused does not stop the others; a failure of the database stops all of the batch. */
  async publish(_messages: readonly MessageToPublish[]): Promise<PublishOutcome[]> {
    throw new Error('not written yet');
  }
}
