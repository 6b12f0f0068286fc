import { FORGOTTEN, SubjectSealer } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import { contentPlace, type MessageContent } from './message-content.js';
import type { MessageRow } from './message-row.js';

/** A message with its content, opened. */
export interface ListedMessage extends MessageRow {
  readonly content: MessageContent;
}

/** Opens the contents of messages. */
@Injectable()
export class MessageContents {
  constructor(private readonly sealer: SubjectSealer) {}

  /** In the order given, without those of persons whose data were erased. */
  async open(sealed: readonly (MessageRow & { readonly sealed: string })[]): Promise<ListedMessage[]> {
    const opened = await this.sealer.openAllForSubjects(
      sealed.map((one) => ({ personId: one.ownerId, sealed: one.sealed, aad: contentPlace(one.messageId) })),
    );
    return sealed.flatMap((one, index) => {
      const content = opened[index];
      if (content === undefined || content === FORGOTTEN) return [];
      // Sealed by this service only, as a `MessageContent`.
      return [{ ...one, content: content as unknown as MessageContent }];
    });
  }
}
