import { createHash, randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { DocumentHeader, OpenDocumentResponse } from '@crossroads/contracts/document/v1/document_service';
import { MailReader } from '@crossroads/contracts/access/v1/access_record';
import { NotFound, PermissionDenied, status } from '@crossroads/grpc';
import { eventually } from '@crossroads/testing';
import { Link } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DocumentContent } from '../src/message/message-content.js';
import {
  chunkPart,
  documentOf,
  DocumentWorld,
  headerPart,
  NOON,
  OTHER_PROVIDER,
  PROVIDER,
  type Script,
} from './document-world.js';

const CHUNK = 256 * 1024;

async function* pieces(content: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < content.length; from += size) yield content.subarray(from, from + size);
}

const CHANGED = { code: status.DATA_LOSS, reason: 'DOCUMENT_CHANGED' };
const UNAVAILABLE = {
  code: status.UNAVAILABLE,
  reason: 'DOCUMENT_TEMPORARILY_UNAVAILABLE',
  retryAfterMs: expect.any(Number),
};

describe('a download', () => {
  let world: DocumentWorld;
  const content = randomBytes(700_000);

  beforeAll(async () => {
    world = await DocumentWorld.create();
  });
  afterAll(() => world.stop());
  beforeEach(() => {
    world.now = NOON;
    Object.assign(world.limits, { firstByteMs: 10_000, idleMs: 10_000, readerIdleMs: 60_000 });
  });

  const published = (more: Partial<DocumentContent> = {}) => world.publish(documentOf(content, more));

  it('brings the header, then the content as it was published; the provider learns under which opening it is read', async () => {
    const document = published();
    const asked: object[] = [];
    await world.honest(async (query) => {
      asked.push(query);
      return {
        mediaType: 'application/pdf',
        size: content.length,
        sha256: sha256Of(document),
        content: pieces(content),
      };
    });
    const { header, chunks, content: came, failure } = await world.download(document);
    const { ticket, messageId } = world.openedAs(document.id);
    expect(failure).toBeUndefined();
    expect(header).toEqual({
      name: 'decision.pdf',
      mediaType: 'application/pdf',
      size: 700_000n,
      sha256: sha256Of(document),
      ticket,
    });
    expect(came.equals(content)).toBe(true);
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(CHUNK);
    expect(asked).toEqual([
      {
        documentId: document.id,
        messageId,
        originalMessageId: 'letter 17',
        sender: PROVIDER,
        reader: MailReader.MAIL_READER_DELEGATE,
      },
    ]);
  });

  it('brings an uploaded document from the own store, and none that was changed there or is gone', async () => {
    const document = published({ uploaded: true });
    expect((await world.download(document)).failure).toMatchObject(UNAVAILABLE);
    await world.store.put(document.id, content.length, pieces(content));
    const { content: came, failure } = await world.download(document);
    expect([came.equals(content), failure]).toEqual([true, undefined]);
    const another = randomBytes(content.length);
    await world.store.put(document.id, another.length, pieces(another));
    expect((await world.download(document)).failure).toMatchObject(CHANGED);
  });

  describe('from a provider that lies', () => {
    async function* answer(
      document: DocumentContent,
      header: Partial<DocumentHeader>,
      chunks: AsyncIterable<Uint8Array>,
    ) {
      yield headerPart(header, document);
      for await (const chunk of chunks) yield chunkPart(chunk);
    }

    it.each<[string, Partial<DocumentHeader>]>([
      ['is of another document', { documentId: 'another' }],
      ['has another media type', { mediaType: 'text/html' }],
      ['has another size', { size: 700_001n }],
      ['has another digest', { sha256: Buffer.alloc(32) }],
    ])('ends in an error before anything is shown, when its header %s', async (_, header) => {
      const document = published();
      await world.scripted(() => answer(document, header, pieces(content)));
      expect(await world.download(document)).toMatchObject({ header: undefined, chunks: [], failure: CHANGED });
    });

    const changedAt = (at: number) => {
      const changed = Buffer.from(content);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      return changed;
    };
    async function* endless() {
      for (;;) yield content.subarray(0, 50_000);
    }

    it.each<[string, () => AsyncIterable<Uint8Array>]>([
      ['its first byte is another one', () => pieces(changedAt(0))],
      ['its last byte is another one', () => pieces(changedAt(699_999))],
      ['it is shorter by a byte', () => pieces(content.subarray(0, 699_999))],
      ['it is longer by a byte', () => pieces(Buffer.concat([content, Buffer.of(0)]))],
      ['it goes on after the end', () => chained(pieces(content), pieces(content))],
      ['it has no end', endless],
      ['it has nothing', () => pieces(Buffer.alloc(0))],
    ])('ends in an error, and never shows the whole of another file: %s', async (_, lie) => {
      const document = published();
      await world.scripted(() => answer(document, {}, lie()));
      const { content: came, failure } = await world.download(document);
      expect(failure).toMatchObject(CHANGED);
      expect(came.length).toBeLessThan(content.length);
    });

    it('shows nothing of another file that comes in one part, also if an empty one follows', async () => {
      const small = world.publish(documentOf(Buffer.from('the letter')));
      await world.scripted(() =>
        answer(small, {}, chained(pieces(Buffer.from('the better')), pieces(Buffer.alloc(0)))),
      );
      expect(await world.download(small)).toMatchObject({ header: undefined, chunks: [], failure: CHANGED });
    });
  });

  describe('from a provider that does not serve', () => {
    async function* nothing(): AsyncGenerator<OpenDocumentResponse> {}
    const throwing = (error: Error): Script =>
      async function* () {
        yield* nothing();
        throw error;
      };

    it.each<[string, Script]>([
      ['refuses', throwing(new PermissionDenied('RECEIPT_KEY_UNKNOWN', 'no'))],
      ['does not know the document', throwing(new NotFound('UNKNOWN_DOCUMENT', 'no'))],
      ['fails', throwing(new Error('a bug'))],
      ['sends nothing', nothing],
      [
        'sends content without a header',
        async function* () {
          yield chunkPart(content.subarray(0, 10));
        },
      ],
      [
        'sends an empty part',
        async function* () {
          yield { part: undefined };
        },
      ],
      [
        'sends a part above the limit',
        async function* ({ documentId }) {
          yield headerPart({}, world.openedAs(documentId).document);
          yield chunkPart(content.subarray(0, 600_000));
        },
      ],
    ])('says that it can be read later, when it %s', async (_, script) => {
      const document = published();
      await world.scripted(script);
      expect(await world.download(document)).toMatchObject({ chunks: [], failure: UNAVAILABLE });
    });

    const forever = () => new Promise<never>(() => undefined);

    it.each<[string, Script]>([
      [
        'before its header',
        async function* () {
          yield* nothing();
          await forever();
        },
      ],
      [
        'after its header',
        async function* ({ documentId }) {
          yield headerPart({}, world.openedAs(documentId).document);
          await forever();
        },
      ],
      [
        'with empty parts',
        async function* ({ documentId }) {
          yield headerPart({}, world.openedAs(documentId).document);
          for (;;) {
            yield chunkPart(Buffer.alloc(0));
            await new Promise(setImmediate);
          }
        },
      ],
    ])('gives up after the time that the provider registered, when it hangs %s', async (_, script) => {
      const document = published();
      await world.scripted(script);
      await world.register(PROVIDER, { deadlineMs: 150 });
      expect(await world.download(document)).toMatchObject({ header: undefined, failure: UNAVAILABLE });
    });

    it('gives up after a while, when it hangs in the middle', async () => {
      const document = published();
      world.limits.idleMs = 150;
      await world.scripted(async function* () {
        yield headerPart({}, document);
        for await (const chunk of pieces(content.subarray(0, 300_000))) yield chunkPart(chunk);
        await forever();
      });
      expect((await world.download(document)).failure).toMatchObject(UNAVAILABLE);
    });

    it('says that it can be read later, when the provider dies in the middle', async () => {
      const document = published();
      await world.scripted(async function* () {
        yield headerPart({}, document);
        for await (const chunk of pieces(content.subarray(0, 300_000))) yield chunkPart(chunk);
        await forever();
      });
      const link = await Link.to('127.0.0.1', Number(world.addressOf(PROVIDER).split(':')[1]));
      await world.register(PROVIDER, { address: `127.0.0.1:${link.port}` });
      const parts = world.parts(document)[Symbol.asyncIterator]();
      await parts.next();
      link.cut();
      await expect(drained(parts)).rejects.toMatchObject(UNAVAILABLE);
      expect(world.availability.isAvailable(PROVIDER, NOON)).toBe(false);
      link.close();
    });

    it('says that it can be read later, when the key of its server is withdrawn in the middle', async () => {
      const document = published();
      world.limits.idleMs = 600_000;
      await world.scripted(async function* () {
        yield headerPart({}, document);
        for await (const chunk of pieces(content.subarray(0, 300_000))) yield chunkPart(chunk);
        await forever();
      });
      const parts = world.parts(document)[Symbol.asyncIterator]();
      await parts.next();
      await world.register(PROVIDER, { serverSpkiHashes: ['another'] });
      await expect(drained(parts)).rejects.toMatchObject(UNAVAILABLE);
    });

    const registrations: [string, Parameters<DocumentWorld['register']>[1]][] = [
      [
        'is in planned maintenance',
        { plannedMaintenance: [{ startTime: NOON, endTime: new Date(NOON.getTime() + 1) }] },
      ],
      ['is not active any more', { activity: { startDate: undefined, endDate: { year: 2026, month: 3, day: 1 } } }],
      ['has no address', { address: '' }],
      ['has a key that is not registered', { serverSpkiHashes: ['another'] }],
    ];
    it.each(registrations)('says that it can be read later, when the provider %s', async (_, registration) => {
      const document = published();
      await world.scripted(async function* () {
        yield headerPart({}, document);
        for await (const chunk of pieces(content)) yield chunkPart(chunk);
      });
      expect((await world.download(document)).failure).toBeUndefined();
      expect(world.availability.isAvailable(PROVIDER, NOON)).toBe(true);
      await world.register(PROVIDER, registration);
      expect(await world.download(document)).toMatchObject({ header: undefined, failure: UNAVAILABLE });
      expect(world.availability.isAvailable(PROVIDER, NOON)).toBe(false);
    });

    it('counts as down for half a minute, or until it answers again', async () => {
      await world.scripted(async function* ({ documentId }) {
        yield headerPart({}, world.openedAs(documentId).document);
        for await (const chunk of pieces(content)) yield chunkPart(chunk);
      });
      const address = world.addressOf(PROVIDER);
      const at = (seconds: number) =>
        world.availability.isAvailable(PROVIDER, new Date(NOON.getTime() + seconds * 1000));
      await world.register(PROVIDER, { address: '127.0.0.1:9' });
      await world.download(published());
      expect([at(0), at(29), at(30)]).toEqual([false, false, true]);
      await world.register(PROVIDER, { address });
      expect((await world.download(published())).failure).toBeUndefined();
      expect(at(0)).toBe(true);
    });
  });

  it('of a provider that hangs delays nobody else: a number of them are waited for, others are refused at once', async () => {
    const stop = new AbortController();
    let calls = 0;
    let cancelled = 0;
    await world.scripted(async function* (_, { signal }) {
      calls++;
      signal.addEventListener('abort', () => cancelled++);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      yield* [];
    });
    const other = world.publish(documentOf(content), OTHER_PROVIDER);
    await world.honest(
      async () => ({ mediaType: other.mediaType, size: other.size, sha256: sha256Of(other), content: pieces(content) }),
      OTHER_PROVIDER,
    );
    const hanging = Array.from({ length: world.limits.perProvider }, async () => {
      for await (const _ of world.parts(published(), stop.signal));
    });
    const ended = Promise.allSettled(hanging);
    await becomes(() => calls === world.limits.perProvider);
    expect((await world.download(published())).failure).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      reason: 'DOCUMENT_PROVIDER_BUSY',
      retryAfterMs: expect.any(Number),
    });
    expect((await world.download(other)).failure).toBeUndefined();
    // The readers leave: so do the calls of the provider, and their places are free.
    stop.abort();
    await ended;
    await becomes(() => cancelled === world.limits.perProvider);
    await world.honest(async () => ({
      mediaType: 'application/pdf',
      size: content.length,
      sha256: sha256Of(documentOf(content)),
      content: pieces(content),
    }));
    expect((await world.download(published())).failure).toBeUndefined();
  });

  it('ends, and with it the call of the provider, when its reader takes nothing', async () => {
    let [yielded, released] = [0, false];
    const large = world.publish(documentOf(content, { size: 100_000_000 }));
    await world.scripted(async function* () {
      try {
        yield headerPart({}, large);
        for (;;) {
          yielded++;
          yield chunkPart(content.subarray(0, CHUNK));
        }
      } finally {
        released = true;
      }
    });
    world.limits.readerIdleMs = 150;
    const parts = world.parts(large)[Symbol.asyncIterator]();
    await parts.next();
    await becomes(() => released);
    // What is on the way: the windows of two connections, and the buffers of three processes.
    expect(yielded).toBeLessThan(100);
    await expect(drained(parts)).rejects.toMatchObject({ reason: 'READER_TOO_SLOW' });
  });

  it('of 100 MiB takes flat memory', async () => {
    const [piece, count] = [randomBytes(CHUNK), 400];
    const hash = createHash('sha256');
    for (let n = 0; n < count; n++) hash.update(piece);
    const large = world.publish(documentOf(piece, { size: piece.length * count, sha256: hash.digest('base64') }));
    async function* many() {
      for (let n = 0; n < count; n++) yield Buffer.from(piece);
    }
    await world.honest(async () => ({
      mediaType: large.mediaType,
      size: large.size,
      sha256: sha256Of(large),
      content: many(),
    }));
    const before = liveBytes();
    let [most, length] = [0, 0];
    for await (const { part } of world.parts(large)) {
      if (part?.$case !== 'chunk') continue;
      length += part.value.length;
      if (length % (25 * 1024 * 1024) < part.value.length) most = Math.max(most, liveBytes() - before);
    }
    expect(length).toBe(large.size);
    // Provider, eBox and reader are this one process: who kept the content would have it once more. The collector frees buffers late.
    expect(most).toBeLessThan(large.size);
  });
});

const becomes = (condition: () => boolean): Promise<boolean> => eventually(condition, (is) => is);

const sha256Of = ({ sha256 }: DocumentContent): Buffer => Buffer.from(sha256, 'base64');

const drained = async (parts: AsyncIterator<unknown>): Promise<void> => {
  for (let next = await parts.next(); next.done !== true; ) next = await parts.next();
};

async function* chained<Item>(...parts: AsyncIterable<Item>[]): AsyncGenerator<Item> {
  for (const part of parts) yield* part;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is in use, on the heap and in buffers. */
const liveBytes = (): number => {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
