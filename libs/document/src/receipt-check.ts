import { AccessKind, type Ask } from '@crossroads/contracts/access/v1/access_record';
import type { OpenDocumentRequest } from '@crossroads/contracts/document/v1/document_service';
import { PermissionDenied } from '@crossroads/grpc';
import { type AcceptedReceipts, AskCheck, type AskFault, explanationOf } from '@crossroads/transparency';

type Mismatch =
  | 'ASK_OF_OTHER_KIND'
  | 'ASK_OF_OTHER_MESSAGE'
  | 'ASK_OF_OTHER_DOCUMENT'
  | 'ASK_OF_OTHER_SENDER'
  | 'ASK_OF_OTHER_READER';

export type ReceiptRefusal = AskFault | Mismatch;

/** Whether the receipt of a request is the eBox's, and for the opening of this very document at this provider. */
export class ReceiptCheck {
  private readonly asks: AskCheck<OpenDocumentRequest, Mismatch>;

  /** `provider` is the enterprise number of the provider that checks. */
  constructor(accepted: AcceptedReceipts, provider: string) {
    // Document ids are a provider's own: another provider may have a document of the same id.
    this.asks = new AskCheck(accepted, provider, mismatchOf);
  }

  /** @throws PermissionDenied with a `ReceiptRefusal` as its reason. */
  require(request: OpenDocumentRequest): void {
    const refusal: ReceiptRefusal | undefined = this.asks.faultOf(request, 'opening');
    if (refusal !== undefined)
      throw new PermissionDenied(
        refusal,
        `a document is opened only against the receipt of the access it is for${explanationOf(refusal)}`,
      );
  }
}

const mismatchOf = (
  { kind, mail }: Ask,
  { messageId, documentId, sender, reader }: OpenDocumentRequest,
): Mismatch | undefined => {
  if (kind !== AccessKind.ACCESS_KIND_MAIL_OPENING || mail === undefined) return 'ASK_OF_OTHER_KIND';
  if (mail.messageId !== messageId) return 'ASK_OF_OTHER_MESSAGE';
  if (mail.documentId !== documentId) return 'ASK_OF_OTHER_DOCUMENT';
  if (mail.sender !== sender) return 'ASK_OF_OTHER_SENDER';
  return mail.reader === reader ? undefined : 'ASK_OF_OTHER_READER';
};
