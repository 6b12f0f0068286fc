import { createHmac, randomBytes } from 'node:crypto';
import type { Queryable } from '@crossroads/database';
import { LRUCache } from 'lru-cache';
import { associatedData, openEnvelope, sealEnvelope } from './envelope.js';
import { type KeyProvider, KeyUnavailable } from './key-provider.js';
import { FORGOTTEN, type Forgotten, type KeyOptions, type SubjectKeys, type Tombstone } from './subject-keys.js';

export interface PostgresSubjectKeysOptions {
  readonly db: Pick<Queryable, 'query'>;
  readonly keys: KeyProvider;
  /** Name of the master key that wraps the keys of persons. @default subject-keys */
  readonly masterName?: string;
  /** Keys that are cached. @default 20000 */
  readonly cached?: number;
  /** How long a key is cached: for so long a process may still use a key that another process destroyed. @default 30000 */
  readonly cacheMs?: number;
  /** Milliseconds of a clock that begins above 0. @default performance.now */
  readonly now?: () => number;
}

interface KeyRow {
  readonly person_id: string;
  readonly wrapped_key: Buffer | null;
}

interface Lookup {
  readonly personId: string;
  readonly create: boolean;
  readonly fresh: boolean;
  readonly resolve: (key: Buffer | Forgotten | undefined) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_BATCH_SIZE = 1_000;

/** Keys in the table `subject_keys`, wrapped by a master key. Look-ups of the same turn of the event loop share one query. */
export class PostgresSubjectKeys implements SubjectKeys {
  private readonly cache: LRUCache<string, Buffer | Forgotten>;
  private readonly masterName: string;
  private queue: Lookup[] = [];
  /** Counts destructions, so that a key that was read before one is not cached after it. */
  private destructions = 0;

  constructor(private readonly options: PostgresSubjectKeysOptions) {
    this.masterName = options.masterName ?? 'subject-keys';
    const { cached: max = 20_000, cacheMs: ttl = 30_000, now = () => performance.now() } = options;
    this.cache = new LRUCache({ max, ttl, ttlResolution: 0, perf: { now } });
  }

  async keyOf(personId: string, options: KeyOptions = {}): Promise<Buffer | Forgotten | undefined> {
    const { create = false, fresh = false } = options;
    return (
      (fresh ? undefined : this.cache.get(personId)) ??
      new Promise((resolve, reject) => {
        this.queue.push({ personId, create, fresh, resolve, reject });
        if (this.queue.length === 1) setImmediate(() => void this.answerQueue());
      })
    );
  }

  async keysOf(
    personIds: readonly string[],
    options: KeyOptions = {},
  ): Promise<ReadonlyMap<string, Buffer | Forgotten>> {
    const found = new Map<string, Buffer | Forgotten>();
    const unknown = new Set<string>();
    for (const personId of personIds) {
      const key = options.fresh ? undefined : this.cache.get(personId);
      if (key) found.set(personId, key);
      else unknown.add(personId);
    }
    const rest = [...unknown];
    for (let from = 0; from < rest.length; from += MAX_BATCH_SIZE) {
      for (const [personId, key] of await this.fetch(rest.slice(from, from + MAX_BATCH_SIZE), options.create ?? false))
        found.set(personId, key);
    }
    return found;
  }

  async destroy(...tombstones: readonly Tombstone[]): Promise<void> {
    await applyTombstones(this.options.db, tombstones);
    this.destructions++;
    for (const { personId } of tombstones) this.cache.set(personId, FORGOTTEN);
  }

  private async answerQueue(): Promise<void> {
    const lookups = this.queue;
    this.queue = [];
    for (const create of [false, true]) {
      const some = lookups.filter((lookup) => lookup.create === create);
      if (some.length === 0) continue;
      try {
        const keys = await this.keysOf(
          some.map(({ personId }) => personId),
          { create, fresh: some.some((lookup) => lookup.fresh) },
        );
        for (const { personId, resolve } of some) resolve(keys.get(personId));
      } catch (error) {
        for (const { reject } of some) reject(error);
      }
    }
  }

  private async fetch(personIds: readonly string[], create: boolean): Promise<Map<string, Buffer | Forgotten>> {
    const destructions = this.destructions;
    const found = await this.select(personIds);
    const missing = create ? personIds.filter((personId) => !found.has(personId)) : [];
    if (missing.length > 0) {
      await this.insert(missing);
      // Read back: another process may have inserted its key first.
      for (const [personId, key] of await this.select(missing)) found.set(personId, key);
    }
    if (destructions === this.destructions) for (const [personId, key] of found) this.cache.set(personId, key);
    return found;
  }

  private async select(personIds: readonly string[]): Promise<Map<string, Buffer | Forgotten>> {
    const rows = await this.options.db.query<KeyRow>(
      'select person_id, wrapped_key from subject_keys where person_id = any($1::uuid[])',
      [[...personIds]],
    );
    const found = new Map<string, Buffer | Forgotten>();
    for (const { person_id: personId, wrapped_key: wrapped } of rows)
      found.set(personId, wrapped ? await this.unwrap(personId, wrapped) : FORGOTTEN);
    return found;
  }

  private async insert(personIds: readonly string[]): Promise<void> {
    const sorted = [...personIds].sort(); // the same order in all writers, so that two batches cannot deadlock
    const wrapped = await Promise.all(sorted.map((personId) => this.wrap(personId, randomBytes(32))));
    await this.options.db.query(
      `insert into subject_keys (person_id, wrapped_key)
       select * from unnest($1::uuid[], $2::bytea[]) on conflict (person_id) do nothing`,
      [sorted, wrapped],
    );
  }

  /** One byte of length, the master's version, then the envelope. */
  private async wrap(personId: string, key: Buffer): Promise<Buffer> {
    const [master] = await this.options.keys.secrets(this.masterName);
    if (!master) throw new KeyUnavailable(`no key "${this.masterName}"`);
    const kid = Buffer.from(master.kid);
    const sealed = sealEnvelope(wrapping(master.key), randomBytes(12), associatedData(personId), key);
    return Buffer.concat([Buffer.of(kid.length), kid, sealed]);
  }

  private async unwrap(personId: string, bytes: Buffer): Promise<Buffer> {
    const end = 1 + (bytes[0] ?? 0);
    const kid = bytes.toString('utf8', 1, end);
    const master = (await this.options.keys.secrets(this.masterName)).find((secret) => secret.kid === kid);
    if (!master) throw new KeyUnavailable(`key "${this.masterName}" has no version "${kid}"`);
    return openEnvelope(wrapping(master.key), associatedData(personId), bytes.subarray(end));
  }
}

// The master key only derives other keys, so that wrapping has a key of its own.
const wrapping = (master: Buffer): Buffer =>
  createHmac('sha256', master).update('crossroads subject key wrapping v1').digest();

/** Destroys the keys of these persons in the keys database. Returns those who had no tombstone there. */
export const applyTombstones = async (
  keysDb: Pick<Queryable, 'query'>,
  tombstones: readonly Tombstone[],
): Promise<string[]> => {
  // Sorted, so that two processes cannot deadlock.
  const sorted = [...tombstones].sort((a, b) => (a.personId < b.personId ? -1 : 1));
  const rows = await keysDb.query<{ personId: string }>(
    'select destroy_subject_keys($1::uuid[], $2::timestamptz[], $3::text[]) as "personId"',
    [
      sorted.map(({ personId }) => personId),
      sorted.map(({ erasedAt }) => erasedAt),
      sorted.map(({ reason }) => reason),
    ],
  );
  return rows.map(({ personId }) => personId);
};
