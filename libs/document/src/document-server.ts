import { MailReader } from '@crossroads/contracts/access/v1/access_record';
import {
  DocumentServiceService,
  type OpenDocumentRequest,
  type OpenDocumentResponse,
} from '@crossroads/contracts/document/v1/document_service';
import { type Call, fields, NotFound, parseRequest, type ServedService, type Serves, serve } from '@crossroads/grpc';
import { DOCUMENT_PROVIDERS } from '@crossroads/topology';
import type { AcceptedReceipts } from '@crossroads/transparency';
import { ReceiptCheck } from './receipt-check.js';

/** As whom the document is read. */
export type ReaderClass = Exclude<MailReader, MailReader.MAIL_READER_UNSPECIFIED | MailReader.UNRECOGNIZED>;

/** A request of the eBox whose fields are well-formed and whose receipt is valid for it. */
export interface DocumentQuery {
  /** The provider's own id, as it was published. */
  readonly documentId: string;
  readonly messageId: string;
  /** The sender's own id of the message. */
  readonly originalMessageId: string;
  /** Enterprise number. */
  readonly sender: string;
  readonly reader: ReaderClass;
}

export interface OpenedDocument {
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256, 32 bytes. */
  readonly sha256: Uint8Array;
  /** Read as fast as the reader reads; `return` is called when the reader stops early. */
  readonly content: AsyncIterable<Uint8Array>;
}

export interface DocumentOptions {
  /** Enterprise number of the provider that serves. */
  readonly provider: string;
  /** Whose receipts are accepted (the eBox's), and which access log they must promise. */
  readonly receipts: AcceptedReceipts;
  /** Undefined when there is no such document. */
  readonly open: (query: DocumentQuery, signal: AbortSignal) => Promise<OpenedDocument | undefined>;
}

/** Less than the contract allows: each stream keeps up to 16 messages in memory at each end. */
const CHUNK_BYTES = 64 * 1024;

const id = fields.text({ max: 200 });

const isReaderClass = (reader: MailReader): reader is ReaderClass =>
  reader === MailReader.MAIL_READER_OWNER ||
  reader === MailReader.MAIL_READER_DELEGATE ||
  reader === MailReader.MAIL_READER_ENTERPRISE_READER;

const openDocumentRequest = fields.message({
  documentId: id,
  messageId: id,
  originalMessageId: id,
  sender: fields.enterpriseNumber,
  reader: fields.field((raw: MailReader, refuse): ReaderClass => {
    if (isReaderClass(raw)) return raw;
    return raw === MailReader.MAIL_READER_UNSPECIFIED
      ? refuse('REQUIRED', 'needed: as whom the document is read')
      : refuse('UNKNOWN_VALUE', 'not a reader that this provider knows; use a value of the proto file');
  }),
});

/** Implements `crossroads.document.v1.DocumentService`: validates each request and its receipt, then calls `open`. */
export class DocumentServer implements Serves<typeof DocumentServiceService> {
  private readonly receipts: ReceiptCheck;

  constructor(private readonly options: DocumentOptions) {
    this.receipts = new ReceiptCheck(options.receipts, options.provider);
  }

  /** @throws InvalidInput, PermissionDenied, NotFound */
  async *openDocument(
    request: OpenDocumentRequest,
    { signal }: Pick<Call, 'signal'>,
  ): AsyncGenerator<OpenDocumentResponse> {
    const query = parseRequest(openDocumentRequest, request);
    this.receipts.require(request);
    const opened = await this.options.open(query, signal);
    if (opened === undefined) throw new NotFound('UNKNOWN_DOCUMENT', 'this provider has no such document');
    const { mediaType, size, sha256, content } = opened;
    const header = { documentId: query.documentId, mediaType, size: BigInt(size), sha256: Buffer.from(sha256) };
    const parts = content[Symbol.asyncIterator]();
    try {
      // Before the header: a stream that was never read from is not closed by `return`.
      let next = await parts.next();
      yield { part: { $case: 'header', value: header } };
      for (; next.done !== true; next = await parts.next())
        for (const chunk of chunksOf(next.value)) yield { part: { $case: 'chunk', value: chunk } };
    } finally {
      await parts.return?.();
    }
  }
}

/** For `startServer`: a document provider in its own process. Only the eBox may call it. */
export const documentService = (options: DocumentOptions): ServedService =>
  serve(DocumentServiceService, new DocumentServer(options), {
    allow: DOCUMENT_PROVIDERS['crossroads.document.v1.DocumentService'],
  });

/** What one message of a stream carries: views of at most 64 KiB on the same memory. */
export function* chunksOf(bytes: Uint8Array): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
    const part = bytes.subarray(from, from + CHUNK_BYTES);
    yield Buffer.from(part.buffer, part.byteOffset, part.length);
  }
}
