import { hkdfSync, randomBytes } from 'node:crypto';
import { type KeyFile, readKeyFile } from './key-file.js';
import { type DataKey, type KeyProvider, KeyUnavailable, type NamedSecret } from './key-provider.js';

const HOUR_MS = 3_600_000;
const SEGMENT = /^[A-Za-z0-9:_-]+$/;

/**
 * Keys of one JSON file (see `key-file.ts`). A data key is derived with HKDF-SHA-256 from the named master key and the data key's id,
 * `<name>.<kid>.<producer>.<hour>.<random 96 bits>`. Data keys are not stored: every holder of the master key can derive them. The random
 * part makes the key of each call unique.
 */
export class FileKeyProvider implements KeyProvider {
  private file: Promise<KeyFile> | undefined;

  constructor(
    private readonly path: string,
    private readonly now: () => Date = () => new Date(),
  ) {}

  async newDataKey(name: string, producer: string): Promise<DataKey> {
    if (!SEGMENT.test(producer)) throw new TypeError(`a producer is written with A-Z a-z 0-9 : _ -, not "${producer}"`);
    const master = await this.current(name);
    const hour = Math.floor(this.now().getTime() / HOUR_MS);
    const keyId = [name, master.kid, producer, hour, randomBytes(12).toString('base64url')].join('.');
    return { keyId, key: derive(master.key, keyId) };
  }

  async dataKey(keyId: string): Promise<Buffer> {
    const parts = keyId.split('.');
    const [kid] = parts.slice(-4);
    const name = parts.slice(0, -4).join('.');
    if (kid === undefined || name === '') throw new KeyUnavailable('not the id of a data key of this provider');
    const find = (secrets: readonly NamedSecret[]) => secrets.find((secret) => secret.kid === kid);
    let master = find(await this.secrets(name));
    if (!master) {
      // A producer may use a new master key before its readers restart, so the file is read again.
      this.file = undefined;
      master = find(await this.secrets(name));
    }
    if (!master) throw new KeyUnavailable(`key "${name}" has no version "${kid}" in ${this.path}`);
    return derive(master.key, keyId);
  }

  async secret(name: string): Promise<Buffer> {
    return (await this.current(name)).key;
  }

  async secrets(name: string): Promise<readonly NamedSecret[]> {
    this.file ??= readKeyFile(this.path);
    let file: KeyFile;
    try {
      file = await this.file;
    } catch (error) {
      this.file = undefined;
      throw error;
    }
    const secrets = file.get(name);
    if (!secrets) throw new KeyUnavailable(`no key "${name}" in ${this.path}`);
    return secrets;
  }

  private async current(name: string): Promise<NamedSecret> {
    const [current] = await this.secrets(name);
    if (!current) throw new KeyUnavailable(`no key "${name}" in ${this.path}`);
    return current;
  }
}

const derive = (master: Buffer, info: string): Buffer => Buffer.from(hkdfSync('sha256', master, '', info, 32));
