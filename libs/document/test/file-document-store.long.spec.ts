import { randomBytes, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadConfiguration } from '@crossroads/configuration';
import {
  type DocumentStore,
  DocumentStoreSettings,
  FileDocumentStore,
  SealedDocumentStore,
} from '@crossroads/document/store';
import { Unsealable } from '@crossroads/privacy';
import { afterAll, describe, expect, it } from '@jest/globals';
import { documentStoreContract, inPieces } from './document-store.contract.js';
import { specKeys } from './spec-keys.js';

const folder = mkdtempSync(join(tmpdir(), 'crossroads-documents-'));
const keys = await specKeys();
const sealedStore = async () => new SealedDocumentStore(await FileDocumentStore.inFolder(folder), keys, 'ebox');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

documentStoreContract('documents as files', () => FileDocumentStore.inFolder(folder));
documentStoreContract('sealed documents as files', sealedStore);

const readAll = async (store: DocumentStore, id: string): Promise<void> => {
  for await (const _ of store.read(id));
};

describe('the folder of documents', () => {
  it('is rid of old drafts of processes that were killed, and not of those of today', async () => {
    const [old, young] = ['old', 'young'].map((age) => join(folder, `${randomUUID()}.${age}.draft`));
    for (const draft of [old, young]) writeFileSync(String(draft), 'a part');
    utimesSync(String(old), new Date(0), new Date(0));
    await FileDocumentStore.inFolder(folder);
    expect([old, young].map((draft) => existsSync(String(draft)))).toEqual([false, true]);
  });

  it('has no drafts of uploads that failed', async () => {
    const store = await FileDocumentStore.inFolder(folder);
    const before = readdirSync(folder);
    await expect(store.put(randomUUID(), 10, inPieces(Buffer.from('short')))).rejects.toThrow(RangeError);
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe('a sealed document', () => {
  const stored = async (content: Buffer): Promise<{ readonly id: string; readonly path: string }> => {
    const id = randomUUID();
    await (await sealedStore()).put(id, content.length, inPieces(content));
    return { id, path: join(folder, id) };
  };

  it('shows nothing of its content in the store', async () => {
    const { path } = await stored(Buffer.from('a decision on a benefit '.repeat(100)));
    expect(readFileSync(path).includes('benefit')).toBe(false);
  });

  it.each([
    ['version', 0],
    ['header', 5],
    ['content', 300_000],
    ['tag', -1],
  ])('is refused when a bit of its %s was changed', async (_, offset) => {
    const { id, path } = await stored(randomBytes(600_000));
    const bytes = readFileSync(path);
    const at = offset < 0 ? bytes.length + offset : offset;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(path, bytes);
    await expect(readAll(await sealedStore(), id)).rejects.toThrow(Unsealable);
  });

  it.each([0, 2, 40, 5_000, 599_000])('is refused when only %d bytes are left', async (length) => {
    const { id, path } = await stored(randomBytes(600_000));
    writeFileSync(path, readFileSync(path).subarray(0, length));
    await expect(readAll(await sealedStore(), id)).rejects.toThrow(Unsealable);
  });

  it('is refused under the id of another document', async () => {
    const [one, another] = [await stored(randomBytes(1_000)), await stored(randomBytes(1_000))];
    renameSync(one.path, another.path);
    await expect(readAll(await sealedStore(), another.id)).rejects.toThrow(Unsealable);
  });
});

describe('the settings of the store', () => {
  it.each([
    ['none', {}],
    ['both', { DOCUMENT_STORE_DIR: '/x', S3_BUCKET: 'y' }],
  ])('are refused with %s of folder and bucket', (_, env) => {
    expect(() => new DocumentStoreSettings(env).place).toThrow(BadConfiguration);
  });
});
