import { AccessResult } from '@crossroads/contracts/access/v1/access_record';
import type { DownloadDocumentResponse } from '@crossroads/contracts/ebox/v1/message_service';
import { GrpcFailure } from '@crossroads/grpc';
import { ReceiptSigner } from '@crossroads/transparency/nest';
import { Injectable } from '@nestjs/common';
import { DocumentDownloads } from '../document/document-downloads.js';
import { type DownloadOutcome, OpeningJournal } from '../journal/opening-journal.js';
import type { Reader } from '../mailbox/readers.js';
import { MessageCommands } from './message.commands.js';

const ANSWERED: DownloadOutcome = { result: AccessResult.ACCESS_RESULT_ANSWERED };
/** By the reader, or because this process stops. */
const BROKEN_OFF: DownloadOutcome = { result: AccessResult.ACCESS_RESULT_REFUSED, reason: 'BROKEN_OFF' };

/** Streams documents to their readers, each under an opening of its own in the access journal. */
@Injectable()
export class MessageDownloads {
  constructor(
    private readonly commands: MessageCommands,
    private readonly documents: DocumentDownloads,
    private readonly journal: OpeningJournal,
    private readonly signer: ReceiptSigner,
  ) {}

  /** Its outcome is in the journal before the stream ends. What of the document has left by then, the reader must discard on an error. */
  async *download(
    reader: Reader,
    messageId: string,
    documentId: string,
    signal: AbortSignal,
  ): AsyncGenerator<DownloadDocumentResponse> {
    const { message, document, opening } = await this.commands.openDocument(reader, messageId, documentId);
    let outcome = BROKEN_OFF;
    try {
      const { release, ticket } = opening;
      const receipt = await this.signer.sign(release);
      const { provider, originalMessageId, sender } = message;
      const opened = {
        document,
        provider,
        messageId,
        originalMessageId,
        sender,
        reader: reader.reader,
        ticket,
        ask: release.ask,
        receipt,
      };
      yield* this.documents.download(opened, signal);
      outcome = ANSWERED;
    } catch (error) {
      if (!signal.aborted) outcome = refused(error);
      throw error;
    } finally {
      await this.journal.conclude(opening, outcome);
    }
  }
}

/** With the reason that the reader gets as well. */
const refused = (error: unknown): DownloadOutcome => ({
  result: AccessResult.ACCESS_RESULT_REFUSED,
  reason: error instanceof GrpcFailure ? error.reason : 'FAILED',
});
