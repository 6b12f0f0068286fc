/** Keeps documents whole, under ids that its user gives: UUIDs. What was kept is there after a crash. */
export abstract class DocumentStore {
  /**
   * Keeps all of the content or nothing; replaces what is there under the id. Reads the content as fast as it can write.
   * @throws StoreUnavailable, and whatever the content throws
   */
  abstract put(documentId: string, size: number, content: AsyncIterable<Uint8Array>): Promise<void>;

  /**
   * The content in order. Nothing is opened before the first chunk is asked for, and a reader that leaves early releases everything.
   * While it is read, it @throws DocumentAbsent, StoreUnavailable
   */
  abstract read(documentId: string): AsyncIterable<Uint8Array>;

  /** Does nothing when there is no such document. @throws StoreUnavailable */
  abstract remove(documentId: string): Promise<void>;
}

/** Nothing is stored under the id. */
export class DocumentAbsent extends Error {
  override readonly name = 'DocumentAbsent';

  constructor(options?: ErrorOptions) {
    super('no such document is stored', options);
  }
}

/** The store does not work now: its server does not answer, its disk is full. The message holds no content. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  /** Reported to callers as an outage. */
  readonly outage = true;

  constructor(cause: unknown) {
    super('the store of documents does not work now', { cause });
  }
}

/** The only names that adapters use as a key or a file name, so that no id leads elsewhere. */
const DOCUMENT_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isDocumentId = (documentId: string): boolean => DOCUMENT_ID.test(documentId);

/** @throws TypeError */
export const requireDocumentId = (documentId: string): void => {
  if (!isDocumentId(documentId)) throw new TypeError('the id of a stored document is a UUID in lower case');
};

/** The same content. @throws RangeError when it is not of the stated size, at the first byte too many */
export async function* ofSize(size: number, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let seen = 0;
  for await (const chunk of content) {
    seen += chunk.length;
    if (seen > size) break;
    yield chunk;
  }
  if (seen !== size) throw new RangeError(`the content has not the stated size of ${size} bytes`);
}
