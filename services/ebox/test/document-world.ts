import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clock, InstitutionSettings, MeshSettings } from '@crossroads/configuration';
import { AccessKind, Ask, Behind, MailReader } from '@crossroads/contracts/access/v1/access_record';
import type { DocumentProvider } from '@crossroads/contracts/authorization/v1/policy';
import {
  type DocumentHeader,
  DocumentServiceService,
  type OpenDocumentRequest,
  type OpenDocumentResponse,
} from '@crossroads/contracts/document/v1/document_service';
import { type DownloadDocumentResponse, MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import { type DocumentOptions, documentService } from '@crossroads/document';
import { FileDocumentStore, SealedDocumentStore } from '@crossroads/document/store';
import {
  type Call,
  type Connection,
  connect,
  type RunningServer,
  serve,
  type ServedService,
  startServer,
  type TlsFiles,
} from '@crossroads/grpc';
import { anchorFile, CertificateAuthorities, identityFiles, spkiOfPem } from '@crossroads/local';
import { followPolicy, type PolicyFollower } from '@crossroads/policy';
import { FileKeyProvider, generateKeyFile } from '@crossroads/privacy';
import { PolicyFeed } from '@crossroads/testing/mesh';
import {
  beginRelease,
  DEFAULT_LOG_ORIGIN,
  newReceiptKey,
  readReceiptKey,
  readReceiptKeys,
  signReceipt,
} from '@crossroads/transparency';
import { downloadDocument } from '../src/document/chunk.codec.js';
import { DocumentDownloads } from '../src/document/document-downloads.js';
import { DocumentProviderClient } from '../src/document/document-provider.client.js';
import type { DocumentToOpen } from '../src/document/document-to-open.js';
import { ProviderAvailability } from '../src/document/provider-availability.js';
import { TransferLimits } from '../src/document/transfer-limits.js';
import type { DocumentContent } from '../src/message/message-content.js';

export const PROVIDER = '0999000921';
export const OTHER_PROVIDER = '0206731645';
export const READER = '0999001119';
export const NOON = new Date('2026-03-02T12:00:00Z');
export const trustDomain = 'crossroads.test';

type Parts = AsyncIterable<OpenDocumentResponse>;

/** What a provider that need not be honest answers. */
export type Script = (request: OpenDocumentRequest, call: Call) => Parts;

export const headerPart = (header: Partial<DocumentHeader>, { id, mediaType, size, sha256 }: DocumentContent) => ({
  part: {
    $case: 'header' as const,
    value: { documentId: id, mediaType, size: BigInt(size), sha256: Buffer.from(sha256, 'base64'), ...header },
  },
});

export const chunkPart = (value: Uint8Array) => ({ part: { $case: 'chunk' as const, value: Buffer.from(value) } });

/** A published document of this content. */
export const documentOf = (content: Uint8Array, more: Partial<DocumentContent> = {}): DocumentContent => ({
  id: randomUUID(),
  name: 'decision.pdf',
  mediaType: 'application/pdf',
  size: content.length,
  sha256: createHash('sha256').update(content).digest('base64'),
  ...more,
});

/** Downloads as the eBox serves them, between providers and a reader, with a policy of its own. */
export class DocumentWorld {
  readonly policy = new PolicyFeed();
  readonly limits = { firstByteMs: 10_000, idleMs: 10_000, readerIdleMs: 60_000, perProvider: 32 };
  now = NOON;
  /** Of the eBox. */
  port = 0;
  availability!: ProviderAvailability;
  store!: SealedDocumentStore;
  reader!: Connection<{ downloadDocument: typeof MessageServiceService.downloadDocument }>;
  private readonly endings: (() => unknown)[] = [];
  private readonly opened = new Map<string, DocumentToOpen>();
  private readonly receiptKey = newReceiptKey('opening');
  private readonly registered = new Map<string, Partial<DocumentProvider>>();
  private follower!: PolicyFollower;

  private constructor(
    readonly folder: string,
    private readonly authority: CertificateAuthorities,
  ) {}

  /** `folder` is for certificates, keys and stored documents; it is deleted in the end. */
  static async create(folder = mkdtempSync(join(tmpdir(), 'crossroads-downloads-'))): Promise<DocumentWorld> {
    const world = new DocumentWorld(folder, await CertificateAuthorities.open(folder, trustDomain));
    await world.start();
    return world;
  }

  private async start(): Promise<void> {
    const ebox = await this.service('ebox');
    const address = await this.policy.start(await this.service('authorization'), trustDomain);
    this.follower = followPolicy({ address, tls: ebox, trustDomain });
    const [keyFile, documents] = [join(this.folder, 'keys.json'), join(this.folder, 'documents')];
    await generateKeyFile(keyFile, ['documents']);
    const files = await FileDocumentStore.inFolder(documents);
    this.store = new SealedDocumentStore(files, new FileKeyProvider(keyFile), 'ebox');
    const clock: Clock = { now: () => this.now };
    const mesh = new MeshSettings({ TLS_CA_FILE: ebox.ca, TLS_CERT_FILE: ebox.cert, TLS_KEY_FILE: ebox.key });
    const limits: TransferLimits = this.limits;
    this.availability = new ProviderAvailability(this.follower);
    const institutions = new InstitutionSettings({ INSTITUTIONS_PORT: '0', INSTITUTIONS_CA_FILE: this.institutionsCa });
    const providers = new DocumentProviderClient(mesh, institutions, this.availability, clock, limits, this.follower);
    const downloads = new DocumentDownloads(providers, this.store, limits);
    const door = serve(
      { downloadDocument },
      { downloadDocument: ({ documentId }, { signal }) => downloads.download(this.openedAs(documentId), signal) },
      { allow: { downloadDocument: ['institution'] } },
    );
    this.port = (await this.serve(ebox, door)).institutionsPort ?? 0;
    this.reader = connect({ downloadDocument: MessageServiceService.downloadDocument }, `127.0.0.1:${this.port}`, {
      tls: await this.institution(READER),
      trustDomain,
      server: { kind: 'service', name: 'ebox' },
    });
    this.endings.unshift(async () => {
      this.reader.close();
      providers.onApplicationShutdown();
      await this.follower.close();
      await this.policy.stop();
    });
  }

  async stop(): Promise<void> {
    for (const end of this.endings) await end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Starts and registers a provider that follows the protocol. */
  honest(open: DocumentOptions['open'], number = PROVIDER): Promise<void> {
    const receipts = {
      keys: readReceiptKeys(JSON.stringify(this.receiptKey.published)),
      origin: DEFAULT_LOG_ORIGIN,
      now: () => NOON,
    };
    return this.provider(documentService({ provider: number, receipts, open }), number);
  }

  /** Starts and registers a provider that answers by a script. */
  scripted(script: Script, number = PROVIDER): Promise<void> {
    const service = serve(
      DocumentServiceService,
      { openDocument: script },
      { allow: { openDocument: ['service:ebox'] } },
    );
    return this.provider(service, number);
  }

  /** Registers a provider, or changes it. */
  async register(enterpriseNumber: string, change: Partial<DocumentProvider>): Promise<void> {
    const value = {
      address: '',
      serverSpkiHashes: [],
      apiVersions: ['v1'],
      activity: undefined,
      plannedMaintenance: [],
      deadlineMs: 0,
      ...(this.registered.get(enterpriseNumber) ?? {}),
      ...change,
      enterpriseNumber,
    };
    this.registered.set(enterpriseNumber, value);
    await this.follower.whenAt(this.policy.put({ $case: 'documentProvider', value }));
  }

  addressOf(enterpriseNumber: string): string {
    return this.registered.get(enterpriseNumber)?.address ?? '';
  }

  /** Lets the reader open a document, as if a message named it. */
  publish(document: DocumentContent, provider = PROVIDER): DocumentContent {
    const [ticket, messageId, reader] = [randomUUID(), randomUUID(), MailReader.MAIL_READER_DELEGATE] as const;
    const ask = Ask.fromPartial({
      party: provider,
      kind: AccessKind.ACCESS_KIND_MAIL_OPENING,
      mail: { documentId: document.id, messageId, sender: provider, provider, reader },
    });
    const release = beginRelease(ask, Behind.fromPartial({ ticket }), NOON);
    const receipt = signReceipt(release, DEFAULT_LOG_ORIGIN, readReceiptKey(this.receiptKey.privatePem));
    const names = { messageId, originalMessageId: 'letter 17', sender: provider, reader, ticket };
    this.opened.set(document.id, { document, provider, ask: release.ask, receipt, ...names });
    return document;
  }

  openedAs(documentId: string): DocumentToOpen {
    const opened = this.opened.get(documentId);
    if (!opened) throw new Error('no such document in this world');
    return opened;
  }

  parts({ id: documentId }: DocumentContent, signal?: AbortSignal): AsyncIterable<DownloadDocumentResponse> {
    const request = { mailbox: undefined, messageId: '', documentId };
    return this.reader.downloadDocument(request, signal ? { signal } : {});
  }

  /** All that came, and how it ended. */
  async download(document: DocumentContent) {
    const chunks: Buffer[] = [];
    let header: Extract<DownloadDocumentResponse['part'], { $case: 'header' }>['value'] | undefined;
    let failure: unknown;
    try {
      for await (const { part } of this.parts(document))
        if (part?.$case === 'header') header = part.value;
        else if (part) chunks.push(part.value);
    } catch (error) {
      failure = error;
    }
    return { header, chunks, content: Buffer.concat(chunks), failure };
  }

  private async provider(service: ServedService, number: string): Promise<void> {
    const tls = await this.institution(number);
    const { port } = await this.serve(tls, service);
    await this.register(number, {
      address: `127.0.0.1:${port}`,
      serverSpkiHashes: [spkiOfPem(readFileSync(tls.cert, 'utf8'))],
      activity: undefined,
      plannedMaintenance: [],
      deadlineMs: 0,
    });
    this.availability.answered(number);
  }

  private async serve(tls: TlsFiles, service: ServedService): Promise<RunningServer> {
    const where = { host: '127.0.0.1', port: 0, tls, trustDomain, domain: 'spec.crossroads' };
    const institutions = { port: 0, ca: this.institutionsCa };
    const server = await startServer({ ...where, institutions, services: [service], limits: { stopTimeoutMs: 100 } });
    this.endings.push(() => server.stop());
    return server;
  }

  private get institutionsCa(): string {
    return anchorFile(this.folder, 'institutions');
  }

  private service(name: string): Promise<TlsFiles> {
    return this.identity(name, (issuer) => issuer.issueService(name));
  }

  private institution(enterpriseNumber: string): Promise<TlsFiles> {
    return this.identity(`institution-${enterpriseNumber}`, (issuer) =>
      issuer.issueApplication({ application: 'documents', enterpriseNumber }),
    );
  }

  private async identity(name: string, issue: Parameters<typeof identityFiles>[3]): Promise<TlsFiles> {
    const { ca, certificate: cert, key } = await identityFiles(this.folder, name, this.authority, issue);
    return { ca, cert, key };
  }
}
