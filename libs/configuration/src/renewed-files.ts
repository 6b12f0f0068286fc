import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** Paths of PEM files: the authorities of the other side, and this process's certificate and key. */
export interface IdentityPaths {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The contents of these files. */
export interface Pems {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

const read = (what: string, file: string): Buffer => {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Error(`the ${what} file ${file} cannot be read; check its path and rights`, { cause });
  }
};

const readAll = ({ ca, cert, key }: IdentityPaths): Pems => {
  const pems = { ca: read('CA', ca), cert: read('certificate', cert), key: read('key', key) };
  try {
    createSecureContext(pems);
  } catch (cause) {
    throw new Error(`the files ${ca}, ${cert} and ${key} are no CA, certificate and its key in PEM`, { cause });
  }
  return pems;
};

/**
 * TLS files that may be renewed while the process runs. The last valid contents are used while files are being replaced, and as long as
 * the new ones are invalid.
 */
export class RenewedFiles {
  private pems: Pems;
  private stamp: string;
  private refused = '';

  /** @throws Error when the files are invalid */
  constructor(
    private readonly paths: IdentityPaths,
    /** Called once for each invalid replacement. */
    private readonly onInvalid: (error: unknown) => void = () => undefined,
  ) {
    this.stamp = this.stampOf();
    this.pems = readAll(paths);
  }

  /** The latest valid contents. The same object as long as they have not changed. */
  current(): Pems {
    // Taken before the files are read, so that a change in between is noticed the next time.
    const stamp = this.stampOf();
    if (stamp === this.stamp) return this.pems;
    try {
      this.pems = readAll(this.paths);
      this.stamp = stamp;
    } catch (error) {
      if (this.refused !== stamp) this.onInvalid(error);
      this.refused = stamp;
    }
    return this.pems;
  }

  private stampOf(): string {
    return [this.paths.ca, this.paths.cert, this.paths.key].map(fileStamp).join(' ');
  }
}

/** Changes when the file is written, or replaced by a link to another file, as a kubelet does. */
const fileStamp = (file: string): string => {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? 'absent' : `${stat.ino}:${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}`;
};
