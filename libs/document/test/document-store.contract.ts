import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DocumentAbsent, type DocumentStore } from '@crossroads/document/store';
import { beforeAll, describe, expect, it } from '@jest/globals';

const KIB = 1024;

/** In pieces of one size. */
export async function* inPieces(content: Buffer, size = 100_000): AsyncGenerator<Buffer> {
  for (let from = 0; from < content.length; from += size) yield content.subarray(from, from + size);
}

const contentOf = async (stream: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
};

async function* failing(content: Buffer): AsyncGenerator<Buffer> {
  yield* inPieces(content);
  throw new Error('the sender went away');
}

/** What every store of documents guarantees. `open` is called once, before the first test. */
export const documentStoreContract = (name: string, open: () => Promise<DocumentStore>): void =>
  describe(name, () => {
    let store: DocumentStore;

    beforeAll(async () => {
      store = await open();
    });

    const put = (id: string, content: Buffer, size = content.length) => store.put(id, size, inPieces(content));
    const read = (id: string) => contentOf(store.read(id));

    it.each([0, 1, 16, 255 * KIB, 256 * KIB, 3_000 * KIB + 1])(
      'returns a document of %d bytes as it came',
      async (size) => {
        const [id, content] = [randomUUID(), randomBytes(size)];
        await put(id, content);
        expect((await read(id)).equals(content)).toBe(true);
      },
    );

    it('replaces the document that was there under an id', async () => {
      const id = randomUUID();
      await put(id, Buffer.from('the first, which is longer'));
      await put(id, Buffer.from('the second'));
      expect(String(await read(id))).toBe('the second');
    });

    it('has nothing under an id that was removed, or never given, and removes it again without complaint', async () => {
      const id = randomUUID();
      await put(id, Buffer.from('soon gone'));
      await store.remove(id);
      await store.remove(id);
      await expect(read(id)).rejects.toThrow(DocumentAbsent);
      await expect(read(randomUUID())).rejects.toThrow(DocumentAbsent);
    });

    it('keeps nothing of content that fails on the way, and reports why it failed', async () => {
      const [id, content] = [randomUUID(), randomBytes(700_000)];
      await expect(store.put(id, content.length, failing(content.subarray(0, 500_000)))).rejects.toThrow(
        'the sender went away',
      );
      await expect(read(id)).rejects.toThrow(DocumentAbsent);
    });

    it.each([
      ['longer', -1],
      ['shorter', 1],
    ])('keeps nothing of content that is %s than was stated', async (_, more) => {
      const [id, content] = [randomUUID(), randomBytes(300_000)];
      await expect(put(id, content, content.length + more)).rejects.toThrow(RangeError);
      await expect(read(id)).rejects.toThrow(DocumentAbsent);
    });

    it.each([
      '../escaped',
      '/etc/passwd',
      `${randomUUID()}/x`,
      `${randomUUID()}\0`,
      '',
      '..',
      randomUUID().toUpperCase(),
    ])('takes no document under the id %j, and has none', async (id) => {
      await expect(put(id, Buffer.from('x'))).rejects.toThrow(TypeError);
      await expect(read(id)).rejects.toThrow(DocumentAbsent);
      await store.remove(id);
    });

    it('serves on after many readers left early', async () => {
      const [id, content] = [randomUUID(), randomBytes(2_000_000)];
      await put(id, content);
      for (let reader = 0; reader < 60; reader++) for await (const _ of store.read(id)) break;
      expect((await read(id)).equals(content)).toBe(true);
    });

    it('stores and reads 100 MiB in flat memory', async () => {
      const [id, piece, pieces] = [randomUUID(), randomBytes(256 * KIB), 400];
      const before = liveBytes();
      let most = 0;
      let passed = 0;
      const watch = ({ length }: Uint8Array) => {
        passed += length;
        if (passed % (25 * KIB * KIB) < length) most = Math.max(most, liveBytes() - before);
      };
      async function* content() {
        for (let n = 0; n < pieces; n++) {
          watch(piece);
          yield Buffer.from(piece);
        }
      }
      await store.put(id, pieces * piece.length, content());
      const [read, expected] = [createHash('sha256'), createHash('sha256')];
      for await (const chunk of store.read(id)) {
        watch(chunk);
        read.update(chunk);
      }
      for (let n = 0; n < pieces; n++) expected.update(piece);
      expect(read.digest('hex')).toBe(expected.digest('hex'));
      // A part of 5 MiB, its copy, what is on the way, and buffers that the collector has not freed yet: less than the document.
      expect(most).toBeLessThan(64 * KIB * KIB);
      await store.remove(id);
    });
  });

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is in use, on the heap and in buffers. */
const liveBytes = (): number => {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
