import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Document, NewMessage } from '@crossroads/contracts/ebox/v1/message';
import type {
  PublicationServiceService,
  PublishMessagesRequest,
  PublishMessagesResponse,
  UploadDocumentRequest,
} from '@crossroads/contracts/ebox/v1/publication_service';
import { type Calls, RemoteError, status } from '@crossroads/grpc';
import { contentOf, digestOf } from './document-file.js';

type Publications = Calls<typeof PublicationServiceService>;

export interface UploadOptions {
  readonly mediaType: string;
  /** Enterprise number. @default the caller's own */
  readonly sender?: string;
  /** As readers see it. @default the name of the file */
  readonly name?: string;
}

/** Stores a file for a sender that has no store of its own. @returns the document, for a message that is published within a day */
export const uploadDocument = async (
  publications: Pick<Publications, 'uploadDocument'>,
  path: string,
  { mediaType, sender = '', name = basename(path) }: UploadOptions,
): Promise<Document> => {
  const digest = await digestOf(path);
  async function* parts(): AsyncGenerator<UploadDocumentRequest> {
    yield { part: { $case: 'header', value: { sender, mediaType, ...digest } } };
    for await (const value of contentOf(path)) yield { part: { $case: 'chunk', value } };
  }
  const { documentId } = await publications.uploadDocument(parts());
  return { documentId, name, mediaType, ...digest, uploaded: true, temporarilyUnavailable: false };
};

export interface PublishManyOptions {
  /** How many messages may wait for their answer. @default 2,000 */
  readonly window?: number;
  /** For how long it tries again without any answer. @default 60,000 */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
}

/** What came of one message. */
export interface PublishedOne {
  /** In the order of the messages, from 1. */
  readonly number: bigint;
  readonly message: NewMessage;
  readonly outcome: NonNullable<PublishMessagesResponse['outcome']>;
}

/**
 * Publishes many messages, each with a `requestId` of its own, and tells what came of each, in their order. After a cut it sends what has no
 * answer again. A sender that was killed does the same: it sends whatever has no answer, under the same request ids.
 * @throws RemoteError when a refusal concerns the whole, or nothing was answered for too long
 */
export async function* publishMany(
  publications: Pick<Publications, 'publishMessages'>,
  messages: AsyncIterable<NewMessage>,
  { window = 2_000, patienceMs = 60_000, signal }: PublishManyOptions = {},
): AsyncGenerator<PublishedOne> {
  const sending = new Sending(messages, window);
  let number = 0n;
  let lastAnswer = performance.now();
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        for await (const { requestId, outcome } of publications.publishMessages(
          sending.requests(),
          signal ? { signal } : {},
        )) {
          const message = sending.answered(requestId);
          if (!outcome) throw new TypeError('an answer without an outcome: update this library');
          [attempt, lastAnswer] = [0, performance.now()];
          yield { number: ++number, message, outcome };
          // What the reader of the outcomes did meanwhile is no silence of the server.
          lastAnswer = performance.now();
        }
        if (sending.isDone) return;
        throw new RemoteError(status.UNAVAILABLE, 'the stream ended before each answer', '', '', {}, [], undefined);
      } catch (error) {
        if (!isCut(error) || signal?.aborted || performance.now() - lastAnswer > patienceMs) throw error;
        await sleep(Math.max(error.retryAfterMs ?? 0, Math.random() * Math.min(1_000, 50 * 2 ** attempt)));
      }
    }
  } finally {
    await sending.close();
  }
}

const isCut = (error: unknown): error is RemoteError =>
  error instanceof RemoteError && (error.isOutage || error.code === status.ABORTED);

/** The messages on their way. A new stream begins with those that have no answer. */
class Sending {
  private readonly source: AsyncIterator<NewMessage>;
  private unanswered: NewMessage[] = [];
  /** Shared by streams, so that none loses the message that another one waited for when it was cut. */
  private next: Promise<IteratorResult<NewMessage>> | undefined;
  private exhausted = false;
  private stream = 0;
  private wake = (): void => undefined;

  constructor(
    messages: AsyncIterable<NewMessage>,
    private readonly window: number,
  ) {
    this.source = messages[Symbol.asyncIterator]();
  }

  get isDone(): boolean {
    return this.exhausted && this.unanswered.length === 0;
  }

  async *requests(): AsyncGenerator<PublishMessagesRequest> {
    const stream = ++this.stream;
    for (const message of [...this.unanswered]) yield { message };
    while (!this.exhausted) {
      while (this.unanswered.length >= this.window) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        if (stream !== this.stream) return;
      }
      this.next ??= this.source.next();
      const next = await this.next;
      if (stream !== this.stream) return;
      this.next = undefined;
      if (next.done) this.exhausted = true;
      else {
        this.unanswered.push(next.value);
        yield { message: next.value };
      }
    }
  }

  /** Takes the first message that waits. A malformed request id is not repeated. @throws TypeError when the answer is for another message */
  answered(requestId: string): NewMessage {
    const message = this.unanswered.shift();
    if (!message || (requestId !== '' && message.requestId.toLowerCase() !== requestId.toLowerCase()))
      throw new TypeError('an answer for another message than the one that waits');
    this.wake();
    return message;
  }

  async close(): Promise<void> {
    this.stream++;
    this.wake();
    // A source that waits for something returns only after that.
    void this.source.return?.()?.catch(() => undefined);
  }
}
