/** Keeps the files of archived months. What was kept is there after a crash. */
export interface ArchiveStore {
  /** Where it is, to be shown to an operator. */
  readonly place: string;
  /** Keeps all of the content or nothing; replaces what is there under the name. */
  put(name: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** @throws ArchiveDamaged when there is no such file */
  read(name: string): AsyncIterable<Uint8Array>;
}

/** A file of the archive is absent or does not hold what was written. Nothing is dropped then. */
export class ArchiveDamaged extends Error {
  override readonly name = 'ArchiveDamaged';

  constructor(file: string, what: string, options?: ErrorOptions) {
    super(`${file} of the archive ${what}`, options);
  }
}
