import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ArchiveDamaged, type ArchiveStore } from './archive-store.js';

/** An archive in a folder, for instance of a mounted volume. */
export class FolderArchive implements ArchiveStore {
  constructor(readonly place: string) {}

  async put(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    await mkdir(this.place, { recursive: true, mode: 0o700 });
    const path = this.pathOf(name);
    const draft = `${path}.${randomBytes(6).toString('hex')}.draft`;
    try {
      await using file = await open(draft, 'wx', 0o600);
      for await (const chunk of content) await file.writeFile(chunk);
      await file.sync();
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    // A renamed file is there after a crash once its folder is on disk.
    await using folder = await open(this.place);
    await folder.sync();
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of createReadStream(this.pathOf(name)) as AsyncIterable<Buffer>) yield chunk;
    } catch (error) {
      if (Reflect.get(Object(error), 'code') !== 'ENOENT') throw error;
      throw new ArchiveDamaged(name, 'is absent', { cause: error });
    }
  }

  private pathOf(name: string): string {
    if (basename(name) !== name) throw new TypeError('the name of an archived file is no path');
    return join(this.place, name);
  }
}
