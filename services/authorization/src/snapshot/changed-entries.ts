import type { EntryKey } from './policy-entries.js';

/** An entry that the stored snapshot does not have in its present form. */
export interface ChangedEntry extends EntryKey {
  /** When it was first changed since the snapshot: for a new entry, its place in the order of registration. */
  readonly since: bigint;
}

/** What the next snapshot has to store. */
export class ChangedEntries {
  private entries = new Map<string, ChangedEntry>();

  get size(): number {
    return this.entries.size;
  }

  add({ kind, id }: EntryKey, revision: bigint): void {
    const key = `${kind} ${id}`;
    if (!this.entries.has(key)) this.entries.set(key, { kind, id, since: revision });
  }

  /** Takes them out, in the order of their first change. */
  take(): ChangedEntry[] {
    const taken = [...this.entries.values()];
    this.entries = new Map();
    return taken;
  }

  /** They were not stored after all. */
  putBack(taken: readonly ChangedEntry[]): void {
    const since = [...this.entries.values()];
    this.entries = new Map();
    for (const entry of [...taken, ...since]) this.add(entry, entry.since);
  }
}
