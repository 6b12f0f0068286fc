import type { MailReader } from '@crossroads/contracts/access/v1/access_record';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import type { Salted } from '@crossroads/transparency';
import type { DocumentContent } from '../message/message-content.js';

/** A document of a message that its reader may see, and the opening under which it is read, which is durable in the journal. */
export interface DocumentToOpen {
  readonly document: DocumentContent;
  /** Enterprise number of the institution that published it; `service:ebox` for the mesh itself. */
  readonly provider: string;
  readonly messageId: string;
  readonly originalMessageId: string;
  readonly sender: string;
  readonly reader: MailReader;
  readonly ticket: string;
  readonly ask: Salted;
  readonly receipt: Receipt;
}
