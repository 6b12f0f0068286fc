import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DocumentAbsent,
  DocumentStore,
  isDocumentId,
  ofSize,
  requireDocumentId,
  StoreUnavailable,
} from './document-store.js';

const READ_BYTES = 256 * 1024;
const DRAFT = '.draft';
/** No upload takes that long. */
const DRAFT_MS = 24 * 60 * 60 * 1000;

/** Documents as files of one folder, for a mesh on one machine. */
export class FileDocumentStore extends DocumentStore {
  private constructor(private readonly folder: string) {
    super();
  }

  /** Creates the folder, or deletes the drafts that a process left in it when it was killed. */
  static async inFolder(folder: string): Promise<FileDocumentStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(folder)) {
      if (!name.endsWith(DRAFT)) continue;
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found && found.mtimeMs < Date.now() - DRAFT_MS) await rm(path, { force: true });
    }
    return new FileDocumentStore(folder);
  }

  override async put(documentId: string, size: number, content: AsyncIterable<Uint8Array>): Promise<void> {
    requireDocumentId(documentId);
    const path = join(this.folder, documentId);
    const draft = `${path}.${randomBytes(6).toString('hex')}${DRAFT}`;
    try {
      await writeDurably(draft, ofSize(size, content));
      await rename(draft, path);
      await this.syncFolder();
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      throw asOutage(error);
    }
  }

  override async *read(documentId: string): AsyncGenerator<Uint8Array> {
    if (!isDocumentId(documentId)) throw new DocumentAbsent();
    try {
      const stream: AsyncIterable<Buffer> = createReadStream(join(this.folder, documentId), {
        highWaterMark: READ_BYTES,
      });
      for await (const chunk of stream) yield chunk;
    } catch (error) {
      throw isAbsent(error) ? new DocumentAbsent({ cause: error }) : asOutage(error);
    }
  }

  override async remove(documentId: string): Promise<void> {
    if (!isDocumentId(documentId)) return;
    await rm(join(this.folder, documentId), { force: true }).catch((error: unknown) => {
      throw asOutage(error);
    });
  }

  /** A renamed file is there after a crash once its folder is on disk. */
  private async syncFolder(): Promise<void> {
    await using folder = await open(this.folder);
    await folder.sync();
  }
}

const writeDurably = async (path: string, content: AsyncIterable<Uint8Array>): Promise<void> => {
  await using file: FileHandle = await open(path, 'wx', 0o600);
  for await (const chunk of content) await file.writeFile(chunk);
  await file.sync();
};

const has = (error: unknown, name: 'code' | 'syscall'): error is Readonly<Record<typeof name, unknown>> =>
  typeof error === 'object' && error !== null && name in error;

const isAbsent = (error: unknown): boolean => has(error, 'code') && error.code === 'ENOENT';

/** What the content threw stays what it is. */
const asOutage = (error: unknown): unknown => (has(error, 'syscall') ? new StoreUnavailable(error) : error);
