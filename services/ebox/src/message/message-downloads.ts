import { AccessResult } from '@crossroads/contracts/access/v1/access_record';
import type { DownloadDocumentResponse } from '@crossroads/contracts/ebox/v1/message_service';
import { GrpcFailure } from '@crossroads/grpc';
import { ReceiptSigner } from '@crossroads/transparency/nest';
import { Injectable } from '@nestjs/common';
import { type DownloadOutcome, OpeningJournal } from '../journal/opening-journal.js';
import type { Reader } from '../mailbox/readers.js';
import { MessageCommands } from './message.commands.js';

const ANSWERED: DownloadOutcome = { result: AccessResult.ACCESS_RESULT_ANSWERED };
const BROKEN_OFF: DownloadOutcome = { result: AccessResult.ACCESS_RESULT_REFUSED, reason: 'BROKEN_OFF' };

/** Streams documents to their readers, each under an opening of its own in the access journal. */
@Injectable()
export class MessageDownloads {
  constructor(
    private readonly commands: MessageCommands,
    private readonly journal: OpeningJournal,
    private readonly signer: ReceiptSigner,
  ) {}

  async *download(
    reader: Reader,
    messageId: string,
    documentId: string,
    signal: AbortSignal,
  ): AsyncGenerator<DownloadDocumentResponse> {
    const { opening } = await this.commands.openDocument(reader, messageId, documentId);
    // Until all has left, it was broken off.
    let outcome = BROKEN_OFF;
    try {
      const receipt = await this.signer.sign(opening.record, opening.time);
      void [receipt, signal];
      outcome = ANSWERED;
    } catch (error) {
      outcome = signal.aborted ? BROKEN_OFF : refusalOf(error);
      throw error;
    } finally {
      await this.journal.conclude(opening, outcome);
    }
  }
}

/** Why the document did not leave whole: the reason that the reader gets as well. */
const refusalOf = (error: unknown): DownloadOutcome => ({
  result: AccessResult.ACCESS_RESULT_REFUSED,
  reason: error instanceof GrpcFailure ? error.reason : 'FAILED',
});
