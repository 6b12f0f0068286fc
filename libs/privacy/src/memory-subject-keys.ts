import { randomBytes } from 'node:crypto';
import { FORGOTTEN, type Forgotten, type KeyOptions, type SubjectKeys, type Tombstone } from './subject-keys.js';

/** For tests. */
export class MemorySubjectKeys implements SubjectKeys {
  private readonly keys = new Map<string, Buffer | Forgotten>();

  async keyOf(personId: string, options: KeyOptions = {}): Promise<Buffer | Forgotten | undefined> {
    const key = this.keys.get(personId) ?? (options.create ? randomBytes(32) : undefined);
    if (key) this.keys.set(personId, key);
    return key;
  }

  async keysOf(
    personIds: readonly string[],
    options: KeyOptions = {},
  ): Promise<ReadonlyMap<string, Buffer | Forgotten>> {
    const found = new Map<string, Buffer | Forgotten>();
    for (const personId of personIds) {
      const key = await this.keyOf(personId, options);
      if (key) found.set(personId, key);
    }
    return found;
  }

  async destroy(...tombstones: readonly Tombstone[]): Promise<void> {
    for (const { personId } of tombstones) this.keys.set(personId, FORGOTTEN);
  }
}
