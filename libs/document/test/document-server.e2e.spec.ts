import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessKind, Ask, Behind, MailReader } from '@crossroads/contracts/access/v1/access_record';
import {
  DocumentServiceService,
  OpenDocumentRequest,
  type OpenDocumentResponse,
} from '@crossroads/contracts/document/v1/document_service';
import { type DocumentOptions, type DocumentQuery, DocumentServer, documentService } from '@crossroads/document';
import { type Connection, connect, type RunningServer, startServer } from '@crossroads/grpc';
import { anchorFile, CertificateAuthorities, identityFiles } from '@crossroads/local';
import { eventually, refusalOf } from '@crossroads/testing';
import { beginRelease, newReceiptKey, readReceiptKey, readReceiptKeys, signReceipt } from '@crossroads/transparency';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

const trustDomain = 'crossroads.test';
const PROVIDER = '0999000921';
const OTHER = '0206731645';
const folder = mkdtempSync(join(tmpdir(), 'crossroads-document-'));
const made = newReceiptKey('opening');
const forSources = newReceiptKey('consultation');
const key = readReceiptKey(made.privatePem);
const receipts = {
  keys: readReceiptKeys(JSON.stringify({ ...made.published, ...forSources.published })),
  origin: 'crossroads.test/access',
};
const strange = readReceiptKey(newReceiptKey('opening').privatePem);

const question = (): Partial<OpenDocumentRequest> => ({
  documentId: 'decision/2026-17',
  messageId: '0197a3a0-0000-7000-8000-000000000001',
  originalMessageId: 'letter 17',
  sender: PROVIDER,
  reader: MailReader.MAIL_READER_OWNER,
});

interface Changes {
  readonly asked?: Partial<OpenDocumentRequest>;
  /** What the ask says instead. */
  readonly recorded?: Partial<Ask>;
  readonly mail?: Partial<NonNullable<Ask['mail']>>;
  readonly signer?: typeof key;
  readonly time?: Date;
  readonly origin?: string;
}

/** The question with ask and receipt, as the eBox sends it. */
const receipted = ({
  asked = {},
  recorded = {},
  mail = {},
  signer = key,
  ...promised
}: Changes = {}): OpenDocumentRequest => {
  const honest = question();
  const { time = new Date(), origin = receipts.origin } = promised;
  const { documentId, messageId, sender, reader } = OpenDocumentRequest.fromPartial(honest);
  const named = Ask.fromPartial({
    party: PROVIDER,
    kind: AccessKind.ACCESS_KIND_MAIL_OPENING,
    mail: { documentId, messageId, sender, reader, provider: PROVIDER, ...mail },
    ...recorded,
  });
  const release = beginRelease(named, Behind.fromPartial({}), time);
  return OpenDocumentRequest.fromPartial({
    ...honest,
    receipt: signReceipt(release, origin, signer),
    ask: Buffer.from(release.ask.bytes),
    askSalt: Buffer.from(release.ask.salt),
    ...asked,
  });
};

const opened = (content: AsyncIterable<Uint8Array>, size: number) => ({
  mediaType: 'application/pdf',
  size,
  sha256: Buffer.alloc(32, 7),
  content,
});

describe('a document provider', () => {
  let server: RunningServer;
  let ebox: Connection<typeof DocumentServiceService>;
  let exchange: Connection<typeof DocumentServiceService>;
  let open: DocumentOptions['open'];
  let queries: DocumentQuery[];

  beforeAll(async () => {
    const authority = await CertificateAuthorities.open(folder, trustDomain);
    const identity = async (name: string, issue: Parameters<typeof identityFiles>[3]) => {
      const { ca, certificate: cert, key } = await identityFiles(folder, name, authority, issue);
      return { ca, cert, key };
    };
    const tls = await identity('provider', (issuer) =>
      issuer.issueApplication({ application: 'documents', enterpriseNumber: PROVIDER }),
    );
    const service = documentService({
      provider: PROVIDER,
      receipts,
      open: (query, signal) => {
        queries.push(query);
        return open(query, signal);
      },
    });
    const where = { host: '127.0.0.1', port: 0, trustDomain, domain: 'spec.crossroads' };
    server = await startServer({ ...where, tls, services: [service] });
    const connectAs = async (name: string) =>
      connect(DocumentServiceService, `127.0.0.1:${server.port}`, {
        tls: {
          ...(await identity(name, (issuer) => issuer.issueService(name))),
          ca: anchorFile(folder, 'institutions'),
        },
        trustDomain,
        server: { kind: 'institution', enterpriseNumber: PROVIDER },
      });
    [ebox, exchange] = [await connectAs('ebox'), await connectAs('exchange')];
  });
  afterAll(async () => {
    ebox.close();
    exchange.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    queries = [];
    open = async () => opened(pieces(1, 10), 10);
  });

  async function* pieces(count: number, size: number): AsyncGenerator<Uint8Array> {
    for (let n = 0; n < count; n++) yield new Uint8Array(size).fill(n);
  }

  const all = async (request: OpenDocumentRequest, by = ebox): Promise<OpenDocumentResponse['part'][]> => {
    const parts: OpenDocumentResponse['part'][] = [];
    for await (const { part } of by.openDocument(request, { deadlineMs: 60_000 })) parts.push(part);
    return parts;
  };
  const reasonOf = async (request: OpenDocumentRequest, by = ebox) => (await refusalOf(all(request, by))).reason;

  it.each([
    ['one large piece', 1, 1_000_000],
    ['many small ones', 3_000, 11],
    ['nothing', 0, 0],
  ])('sends the header, then the content in chunks of at most 64 KiB, of %s', async (_, count, size) => {
    open = async () => opened(pieces(count, size), count * size);
    const [header, ...chunks] = await all(receipted());
    expect(header).toEqual({
      $case: 'header',
      value: {
        documentId: 'decision/2026-17',
        mediaType: 'application/pdf',
        size: BigInt(count * size),
        sha256: Buffer.alloc(32, 7),
      },
    });
    const contents = chunks.map((part) => (part?.$case === 'chunk' ? part.value : Buffer.alloc(0)));
    expect(Math.max(0, ...contents.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024);
    const expected: Uint8Array[] = [];
    for await (const piece of pieces(count, size)) expected.push(piece);
    expect(Buffer.concat(contents).equals(Buffer.concat(expected))).toBe(true);
  });

  it('tells its application who reads what', async () => {
    const reader = MailReader.MAIL_READER_DELEGATE;
    const request = receipted({ asked: { reader }, mail: { reader } });
    await all(request);
    const { documentId, messageId, originalMessageId, sender } = request;
    expect(queries).toEqual([{ documentId, messageId, originalMessageId, sender, reader }]);
  });

  it.each<[string, Changes]>([
    ['RECEIPT_MISSING', { asked: { receipt: undefined } }],
    ['RECEIPT_KEY_UNKNOWN', { signer: strange }],
    ['RECEIPT_SIGNATURE', { signer: { ...strange, keyId: key.keyId } }],
    ['RECEIPT_OF_OTHER_USE', { signer: readReceiptKey(forSources.privatePem) }],
    ['RECEIPT_OF_OTHER_ORIGIN', { origin: 'crossroads.test/2019' }],
    ['RECEIPT_TOO_OLD', { time: new Date(Date.now() - 120_000) }],
    ['RECEIPT_IN_FUTURE', { time: new Date(Date.now() + 600_000) }],
    ['COMMITMENT_NOT_OPENED', { asked: { askSalt: Buffer.alloc(32) } }],
    ['ASK_OF_OTHER_KIND', { recorded: { kind: AccessKind.ACCESS_KIND_CONSULTATION } }],
    ['ASK_OF_OTHER_KIND', { recorded: { mail: undefined } }],
    ['ASK_OF_OTHER_PARTY', { recorded: { party: OTHER } }],
    ['ASK_OF_OTHER_MESSAGE', { mail: { messageId: 'another' } }],
    ['ASK_OF_OTHER_DOCUMENT', { mail: { documentId: '' } }],
    ['ASK_OF_OTHER_SENDER', { mail: { sender: OTHER } }],
    ['ASK_OF_OTHER_READER', { mail: { reader: MailReader.MAIL_READER_DELEGATE } }],
  ])('lets nothing leave: %s', async (reason, changes) => {
    expect(await reasonOf(receipted(changes))).toBe(reason);
    expect(queries).toEqual([]);
  });

  it('answers nobody but the eBox', async () => {
    expect(await reasonOf(receipted(), exchange)).toBe('CALLER_NOT_ALLOWED');
  });

  it('names every field that is wrong', async () => {
    const asked = { documentId: '', sender: '0206731646', reader: MailReader.MAIL_READER_UNSPECIFIED };
    const { violations } = await refusalOf(all(receipted({ asked })));
    expect(violations.map(({ field }) => field)).toEqual(['document_id', 'sender', 'reader']);
    expect(queries).toEqual([]);
  });

  it('says that it has no such document', async () => {
    open = async () => undefined;
    expect(await reasonOf(receipted())).toBe('UNKNOWN_DOCUMENT');
  });

  it('reads no further than its reader, and releases the content when the reader leaves', async () => {
    const { content, state } = watched();
    open = async () => opened(content, 100_000_000);
    for await (const { part } of ebox.openDocument(receipted())) if (part?.$case === 'chunk') break;
    await eventually(
      () => state.released,
      (is) => is,
    );
    expect(state.yielded).toBeLessThan(40);
  });

  it('releases the content for a reader that leaves before any of it was sent', async () => {
    const { content, state } = watched();
    const direct = new DocumentServer({ provider: PROVIDER, receipts, open: async () => opened(content, 1) });
    const answer = direct.openDocument(receipted(), { signal: new AbortController().signal });
    await answer.next();
    await answer.return(undefined);
    expect(state.released).toBe(true);
  });
});

/** Content without end, and whether it was closed. */
const watched = () => {
  const state = { yielded: 0, released: false };
  async function* content(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        state.yielded++;
        yield new Uint8Array(256 * 1024);
      }
    } finally {
      state.released = true;
    }
  }
  return { content: content(), state };
};
