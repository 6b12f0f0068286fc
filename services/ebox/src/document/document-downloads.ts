import type { DownloadDocumentResponse } from '@crossroads/contracts/ebox/v1/message_service';
import { chunksOf } from '@crossroads/document';
import { DocumentStore } from '@crossroads/document/store';
import { Cancelled, Unavailable } from '@crossroads/grpc';
import { Unsealable } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import type { DocumentContent } from '../message/message-content.js';
import { inTime } from './content-in-time.js';
import { countFailure } from './document-metrics.js';
import { documentChanged, temporarilyUnavailable } from './document-failures.js';
import { DocumentProviderClient } from './document-provider.client.js';
import type { DocumentToOpen } from './document-to-open.js';
import { TransferLimits } from './transfer-limits.js';
import { unchanged } from './unchanged-content.js';

/** Streams documents from the providers that keep them, or from the own store, to their readers. */
@Injectable()
export class DocumentDownloads {
  constructor(
    private readonly providers: DocumentProviderClient,
    private readonly store: DocumentStore,
    private readonly limits: TransferLimits,
  ) {}

  /**
   * The header, once the provider's agrees with what was published, then the content, read as fast as the reader reads. A stream that
   * ends without an error was whole and unchanged.
   * @throws DataLoss `DOCUMENT_CHANGED`; Unavailable `DOCUMENT_TEMPORARILY_UNAVAILABLE`, `READER_TOO_SLOW`; ResourceExhausted
   * `DOCUMENT_PROVIDER_BUSY`; Cancelled
   */
  async *download(opened: DocumentToOpen, signal: AbortSignal): AsyncGenerator<DownloadDocumentResponse> {
    const { document } = opened;
    const source = document.uploaded ? this.stored(document, signal) : this.providers.read(opened, signal);
    const content = unchanged(document, source);
    let timer: NodeJS.Timeout | undefined;
    let tooSlow = false;
    // A reader that stops reading would keep others from this provider.
    const giveUp = () => {
      tooSlow = true;
      void content.return(undefined);
    };
    try {
      for await (const part of partsOf(opened, content)) {
        timer = setTimeout(giveUp, this.limits.readerIdleMs);
        yield { part };
        clearTimeout(timer);
      }
    } catch (error) {
      countFailure(opened, error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
    if (tooSlow)
      throw new Unavailable('READER_TOO_SLOW', 'nothing was read for too long; start again', { retryAfterMs: 1_000 });
  }

  private async *stored({ id }: DocumentContent, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      const { firstByteMs: firstMs, idleMs } = this.limits;
      yield* inTime(this.store.read(id), { firstMs, idleMs });
    } catch (error) {
      if (signal.aborted) throw new Cancelled();
      throw error instanceof Unsealable ? documentChanged('what is stored was changed') : temporarilyUnavailable(error);
    }
  }
}

async function* partsOf(
  { document: { name, mediaType, size, sha256 }, ticket }: DocumentToOpen,
  content: AsyncGenerator<Uint8Array>,
): AsyncGenerator<NonNullable<DownloadDocumentResponse['part']>> {
  // Before the header, which is for documents that come.
  let next = await content.next();
  try {
    const header = { name, mediaType, size: BigInt(size), sha256: Buffer.from(sha256, 'base64'), ticket };
    yield { $case: 'header', value: header };
    for (; next.done !== true; next = await content.next())
      for (const chunk of chunksOf(next.value)) yield { $case: 'chunk', value: chunk };
  } finally {
    await content.return(undefined);
  }
}
