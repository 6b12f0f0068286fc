import { AccessKind, type AccessRecord } from '@crossroads/contracts/access/v1/access_record';
import type { OpenDocumentRequest } from '@crossroads/contracts/document/v1/document_service';
import { PermissionDenied } from '@crossroads/grpc';
import { type AcceptedReceipts, explanationOf, RecordCheck, type RecordFault } from '@crossroads/transparency';

type Mismatch =
  | 'RECORD_OF_OTHER_KIND'
  | 'RECORD_OF_OTHER_PROVIDER'
  | 'RECORD_OF_OTHER_MESSAGE'
  | 'RECORD_OF_OTHER_DOCUMENT'
  | 'RECORD_OF_OTHER_SENDER'
  | 'RECORD_OF_OTHER_READER';

export type ReceiptRefusal = RecordFault | Mismatch;

/** Whether the receipt of a request is the eBox's, and for the opening of this very document at this provider. */
export class ReceiptCheck {
  private readonly records: RecordCheck<OpenDocumentRequest, Mismatch>;

  /** `provider` is the enterprise number of the provider that checks. */
  constructor(accepted: AcceptedReceipts, provider: string) {
    this.records = new RecordCheck(accepted, (record, request) => mismatchOf(record, request, provider));
  }

  /** @throws PermissionDenied with a `ReceiptRefusal` as its reason. */
  require(request: OpenDocumentRequest): void {
    const refusal: ReceiptRefusal | undefined = this.records.faultOf(request, 'opening');
    if (refusal !== undefined)
      throw new PermissionDenied(
        refusal,
        `a document is opened only against the receipt of the access it is for${explanationOf(refusal)}`,
      );
  }
}

const mismatchOf = (
  { kind, mail }: AccessRecord,
  { messageId, documentId, sender, reader }: OpenDocumentRequest,
  provider: string,
): Mismatch | undefined => {
  if (kind !== AccessKind.ACCESS_KIND_MAIL_OPENING || mail === undefined) return 'RECORD_OF_OTHER_KIND';
  // Document ids are a provider's own: another provider may have a document of the same id.
  if (mail.provider !== provider) return 'RECORD_OF_OTHER_PROVIDER';
  if (mail.messageId !== messageId) return 'RECORD_OF_OTHER_MESSAGE';
  if (mail.documentId !== documentId) return 'RECORD_OF_OTHER_DOCUMENT';
  if (mail.sender !== sender) return 'RECORD_OF_OTHER_SENDER';
  return mail.reader === reader ? undefined : 'RECORD_OF_OTHER_READER';
};
