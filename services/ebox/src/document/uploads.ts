import { createHash, randomUUID } from 'node:crypto';
import { Clock, TimedOut } from '@crossroads/configuration';
import type { UploadDocumentRequest } from '@crossroads/contracts/ebox/v1/publication_service';
import type { Tx } from '@crossroads/database';
import { DocumentStore } from '@crossroads/document/store';
import { PermissionDenied, Unavailable } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { ebox } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { inTime } from './content-in-time.js';
import { TransferLimits } from './transfer-limits.js';
import { type NamedDocument, UploadRepository } from './upload.repository.js';
import { readUploadHeader, uploadedContent } from './uploaded-content.js';

interface About {
  readonly provider: string;
  readonly sender: string;
  readonly mediaType: string;
  readonly size: number;
  /** base64. */
  readonly sha256: string;
}

/** Documents of senders that have no store of their own. */
@Injectable()
export class Uploads {
  constructor(
    private readonly uploads: UploadRepository,
    private readonly store: DocumentStore,
    private readonly policy: PolicyFollower,
    private readonly limits: TransferLimits,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes the stream of an upload. @returns the id of the document
   * @throws InvalidInput naming every field that is wrong; PermissionDenied `NOT_THE_SENDER`; Unavailable `UPLOAD_TOO_SLOW`
   */
  async take(parts: AsyncIterable<UploadDocumentRequest>, provider: string): Promise<string> {
    const { idleMs } = this.limits;
    const messages = inTime(parts, { firstMs: idleMs, idleMs });
    try {
      const first = await messages.next();
      const header = readUploadHeader(first.done === true ? undefined : first.value);
      const { sender = provider, mediaType, size, sha256 } = header;
      this.requireSender(provider, sender);
      return await this.put({ provider, sender, mediaType, size, sha256 }, uploadedContent(header, messages));
    } catch (error) {
      throw error instanceof TimedOut ? tooSlow() : error;
    } finally {
      // Not awaited: the store may have asked for content that does not come.
      messages.return(undefined).catch(() => undefined);
    }
  }

  /** Keeps a document that the mesh itself has made. @returns the id of the document */
  keep(
    content: Uint8Array,
    { sender, mediaType }: { readonly sender: string; readonly mediaType: string },
  ): Promise<string> {
    const sha256 = createHash('sha256').update(content).digest('base64');
    const about = { provider: `service:${ebox.name}`, sender, mediaType, size: content.length, sha256 };
    return this.put(about, once(content));
  }

  /**
   * Of documents that messages name as uploaded: which of them are those of this provider and sender, with this length, digest and media
   * type. They are kept from then on.
   */
  async name(tx: Tx, documents: readonly NamedDocument[]): Promise<boolean[]> {
    const named = await this.uploads.name(tx, documents);
    return documents.map(({ id }) => named.has(id));
  }

  /** The row comes before the content, so that what a killed process leaves in the store is removed with it. */
  private async put({ size, sha256, ...about }: About, content: AsyncIterable<Uint8Array>): Promise<string> {
    const documentId = randomUUID();
    const uploadedAt = this.clock.now();
    await this.uploads.add({
      ...about,
      documentId,
      size: BigInt(size),
      sha256: Buffer.from(sha256, 'base64'),
      uploadedAt,
      state: 'arriving',
    });
    try {
      await this.store.put(documentId, size, content);
    } catch (error) {
      await this.uploads.leave(documentId).catch(() => undefined);
      throw error;
    }
    if (await this.uploads.markStored(documentId)) return documentId;
    // It took a day, and its row is gone.
    await this.store.remove(documentId);
    throw tooSlow();
  }

  /** @throws PermissionDenied */
  private requireSender(provider: string, sender: string): void {
    const application = {
      kind: 'institution',
      enterpriseNumber: provider,
      application: '',
      spki: '',
      certificateHash: '',
    } as const;
    if (this.policy.policy().mayActFor(application, sender)) return;
    throw new PermissionDenied(
      'NOT_THE_SENDER',
      'the sender is the institution that publishes, or one that it is registered to represent',
    );
  }
}

const tooSlow = () =>
  new Unavailable('UPLOAD_TOO_SLOW', 'no content came for too long; send the document again', { retryAfterMs: 1_000 });

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
