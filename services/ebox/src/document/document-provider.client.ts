import { callContext, Clock, InstitutionSettings, MeshSettings } from '@crossroads/configuration';
import type { DocumentProvider } from '@crossroads/contracts/authorization/v1/policy';
import type { OpenDocumentResponse } from '@crossroads/contracts/document/v1/document_service';
import {
  Cancelled,
  type Connection,
  connect,
  GrpcFailure,
  RemoteError,
  ResourceExhausted,
  type ServerKeys,
  status,
} from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { processLog } from '@crossroads/telemetry';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { openDocument } from './chunk.codec.js';
import type { DocumentContent } from '../message/message-content.js';
import { inTime } from './content-in-time.js';
import { documentChanged, temporarilyUnavailable } from './document-failures.js';
import type { DocumentToOpen } from './document-to-open.js';
import { TransferLimits } from './transfer-limits.js';
import { ProviderAvailability } from './provider-availability.js';

const DEFINITION = { openDocument };
/** A chunk of 256 KiB and what is around it. */
const MAX_MESSAGE_BYTES = 257 * 1024;
const BUSY_RETRY_MS = 1_000;

interface ProviderConnection {
  /** Another one makes a new connection. */
  readonly address: string;
  readonly calls: Connection<typeof DEFINITION>;
}

/** Reads documents from the providers that keep them, as the policy registers them. */
@Injectable()
export class DocumentProviderClient implements OnApplicationShutdown {
  private readonly connections = new Map<string, ProviderConnection>();
  /** Downloads in hand, by provider. */
  private readonly inHand = new Map<string, number>();
  private readonly serverKeys: ServerKeys;

  constructor(
    private readonly mesh: MeshSettings,
    private readonly institutions: InstitutionSettings,
    private readonly availability: ProviderAvailability,
    private readonly clock: Clock,
    private readonly limits: TransferLimits,
    policy: PolicyFollower,
  ) {
    this.serverKeys = policy.serverKeys(
      (held, server) =>
        server.kind === 'institution' &&
        held.documentProvider(server.enterpriseNumber)?.serverSpkiHashes.includes(server.spki) === true,
    );
  }

  /**
   * The content, once the provider has said that it is what was published. Digest and length are not checked here.
   * @throws DataLoss `DOCUMENT_CHANGED`; Unavailable `DOCUMENT_TEMPORARILY_UNAVAILABLE`; ResourceExhausted `DOCUMENT_PROVIDER_BUSY`
   */
  async *read(opened: DocumentToOpen, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { provider } = opened;
    const registered = this.availability.serving(provider, this.clock.now());
    if (registered === undefined) throw temporarilyUnavailable();
    this.enter(provider);
    const stop = new AbortController();
    try {
      const parts = this.connectionTo(registered).openDocument(requestOf(opened), {
        signal: AbortSignal.any([signal, stop.signal]),
      });
      const firstMs = registered.deadlineMs || this.limits.firstByteMs;
      yield* inTime(contentOf(parts, opened.document), { firstMs, idleMs: this.limits.idleMs });
      this.availability.answered(provider);
    } catch (error) {
      // The deadline of the reader says nothing of the provider.
      if (signal.aborted || callContext()?.isCancelled === true) throw new Cancelled();
      throw error instanceof GrpcFailure ? error : this.failureOf(provider, error);
    } finally {
      stop.abort();
      this.leave(provider);
    }
  }

  onApplicationShutdown(): void {
    for (const { calls } of this.connections.values()) calls.close();
  }

  /** A provider that hangs keeps no more than its share of this process. */
  private enter(provider: string): void {
    const others = this.inHand.get(provider) ?? 0;
    if (others >= this.limits.perProvider)
      throw new ResourceExhausted(
        'DOCUMENT_PROVIDER_BUSY',
        'too many documents of this provider are read at this moment; try again',
        { retryAfterMs: BUSY_RETRY_MS },
      );
    this.inHand.set(provider, others + 1);
  }

  private leave(provider: string): void {
    const others = (this.inHand.get(provider) ?? 0) - 1;
    if (others > 0) this.inHand.set(provider, others);
    else this.inHand.delete(provider);
  }

  private connectionTo({ enterpriseNumber, address }: DocumentProvider) {
    const known = this.connections.get(enterpriseNumber);
    if (known?.address === address) return known.calls;
    const calls = connect(DEFINITION, address, {
      ...this.institutions.connectionOf(this.mesh),
      server: { kind: 'institution', enterpriseNumber },
      serverKeys: this.serverKeys,
      maxMessageBytes: MAX_MESSAGE_BYTES,
    });
    this.connections.set(enterpriseNumber, { address, calls });
    // Calls in hand go on.
    known?.calls.close();
    return calls;
  }

  private failureOf(provider: string, error: unknown): GrpcFailure {
    const code = error instanceof RemoteError ? (status[error.code] ?? '') : 'NO_ANSWER';
    processLog().warn('a document provider did not serve a document', { provider, code });
    // A provider that refuses one document may serve others.
    if (error instanceof RemoteError && !error.isOutage) this.availability.answered(provider);
    else this.availability.failed(provider, this.clock.now());
    return temporarilyUnavailable(error);
  }
}

const requestOf = ({ document, ask, ...opened }: DocumentToOpen) => ({
  documentId: document.id,
  messageId: opened.messageId,
  originalMessageId: opened.originalMessageId,
  sender: opened.sender,
  reader: opened.reader,
  receipt: opened.receipt,
  ask: Buffer.from(ask.bytes),
  askSalt: Buffer.from(ask.salt),
});

/** What follows a header that says what was published. */
async function* contentOf(
  parts: AsyncIterable<OpenDocumentResponse>,
  document: DocumentContent,
): AsyncGenerator<Uint8Array> {
  let begun = false;
  for await (const { part } of parts) {
    if (part?.$case !== (begun ? 'chunk' : 'header')) throw temporarilyUnavailable();
    if (part.$case === 'header') requirePublished(part.value, document);
    else if (part.value.length > 0) yield part.value;
    begun = true;
  }
  if (!begun) throw temporarilyUnavailable();
}

type Header = Extract<OpenDocumentResponse['part'], { $case: 'header' }>['value'];

/** @throws DataLoss */
const requirePublished = (header: Header, { id, mediaType, size, sha256 }: DocumentContent): void => {
  if (header.documentId !== id) throw documentChanged('it is another document');
  if (header.mediaType !== mediaType) throw documentChanged('it has another media type');
  if (header.size !== BigInt(size)) throw documentChanged('it has another size');
  if (header.sha256.toString('base64') !== sha256) throw documentChanged('it has another digest');
};
