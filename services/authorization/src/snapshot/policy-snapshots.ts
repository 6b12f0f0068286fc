import { Database, type Tx } from '@crossroads/database';
import type { PolicyHead } from '@crossroads/policy';
import { Inject, Injectable } from '@nestjs/common';
import { ROOT_HASH } from '../policy/policy-history.js';

/** The form of the stored entries. Raise it when the state changes its form: the next start reads all events, and stores it anew. */
const SCHEMA_VERSION = 2;
const PAGE_SIZE = 2_000;

/** A value of the state as it is stored. */
export interface StoredEntry {
  readonly kind: string;
  readonly id: string;
  /** When it was registered first: the order of lists. */
  readonly since: bigint;
  /** At which the value was taken. */
  readonly revision: bigint;
  readonly value: unknown;
}

export interface StoredHead {
  readonly head: PolicyHead;
  readonly before: PolicyHead;
}

/** What is stored on top of the snapshot of revision `base`. */
export interface SnapshotStep {
  readonly base: bigint;
  readonly head: PolicyHead;
  readonly entries: readonly StoredEntry[];
  readonly hashes: readonly PolicyHead[];
  /** Whether the database still has the history that the step is taken from, as of this transaction. */
  readonly isOfThisHistory: (tx: Tx) => Promise<boolean>;
}

/**
 * The policy at a revision, in tables of this service, so that a start reads what is in force and the later events, not all of them. An
 * entry may be newer than the revision, since it is stored before the revision is: the events after the revision lead to the same state.
 */
@Injectable()
export class PolicySnapshots {
  constructor(@Inject(Database) private readonly db: Pick<Database, 'query' | 'transaction'>) {}

  /** Calls `put` for each entry in the order of registration. `undefined`: there is none that this version reads. */
  async load(put: (entry: Pick<StoredEntry, 'kind' | 'id' | 'value'>) => void): Promise<StoredHead | undefined> {
    const revision = await this.revision();
    if (revision === 0n) return undefined;
    const [head, before] = [await this.hashAt(revision), await this.hashAt(revision - 1n)];
    if (!head || !before) return undefined;
    let after = { since: -1n, kind: '', id: '' };
    for (;;) {
      const page = await this.db.query<{ kind: string; id: string; since: bigint; value: unknown }>(
        `select kind, id, since, value from policy_entries where (since, kind, id) > ($1, $2, $3)
         order by since, kind, id limit ${PAGE_SIZE}`,
        [after.since, after.kind, after.id],
      );
      for (const entry of page) put(entry);
      const last = page.at(-1);
      if (!last || page.length < PAGE_SIZE) break;
      after = last;
    }
    // Somebody has discarded it meanwhile: what was read may be a part.
    if ((await this.revision()) < revision) return undefined;
    return { head: { revision, hash: head }, before: { revision: revision - 1n, hash: before } };
  }

  /** Of a revision that the snapshot has. */
  async hashAt(revision: bigint): Promise<Buffer | undefined> {
    if (revision === 0n) return ROOT_HASH;
    const rows = await this.db.query<{ hash: Buffer }>('select hash from policy_heads where revision = $1', [revision]);
    return rows[0]?.hash;
  }

  /**
   * Stores a step in short transactions; the revision comes last. Several processes may do so at once. Resolves to false when the stored
   * snapshot is older than `base`, of a later version, or of another history: then nothing follows from this step.
   */
  async save(step: SnapshotStep): Promise<boolean> {
    const { entries, hashes, head } = step;
    for (let from = 0; from < Math.max(entries.length, hashes.length); from += PAGE_SIZE) {
      const stored = await this.onSnapshot(step, async (tx) => {
        await tx.execute(STORE_ENTRIES, [JSON.stringify(entries.slice(from, from + PAGE_SIZE).map(toRow))]);
        const page = hashes.slice(from, from + PAGE_SIZE);
        await tx.execute(STORE_HASHES, [
          page.map(({ revision }) => revision),
          page.map(({ hash }) => hash.toString('hex')),
        ]);
      });
      if (!stored) return false;
    }
    return this.onSnapshot(step, (tx) =>
      tx.execute('update policy_snapshot set revision = greatest(revision, $1)', [head.revision]),
    );
  }

  /** It belongs to another history. */
  async discard(): Promise<void> {
    await this.db.transaction(async (tx) => {
      await tx.execute('update policy_snapshot set revision = 0');
      await tx.execute('delete from policy_entries');
      await tx.execute('delete from policy_heads');
    });
  }

  /** 0n when there is none that this version reads. */
  private async revision(): Promise<bigint> {
    const rows = await this.db.query<{ revision: bigint }>(
      'select revision from policy_snapshot where schema_version = $1',
      [SCHEMA_VERSION],
    );
    return rows[0]?.revision ?? 0n;
  }

  private onSnapshot({ base, isOfThisHistory }: SnapshotStep, work: (tx: Tx) => Promise<unknown>): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const [stored] = await tx.query<{ schema_version: number; revision: bigint }>(
        'select schema_version, revision from policy_snapshot for update',
      );
      if (!stored || stored.schema_version > SCHEMA_VERSION || !(await isOfThisHistory(tx))) return false;
      if (stored.schema_version < SCHEMA_VERSION) {
        await tx.execute('delete from policy_entries');
        await tx.execute('update policy_snapshot set schema_version = $1, revision = 0', [SCHEMA_VERSION]);
      }
      const revision = stored.schema_version < SCHEMA_VERSION ? 0n : stored.revision;
      if (revision < base) return false;
      await work(tx);
      return true;
    });
  }
}

const toRow = ({ since, revision, ...entry }: StoredEntry) => ({
  ...entry,
  since: String(since),
  revision: String(revision),
});

const STORE_ENTRIES = `
  insert into policy_entries (kind, id, since, revision, value)
  select r.kind, r.id, r.since, r.revision, r.value
    from jsonb_to_recordset($1) as r (kind text, id text, since bigint, revision bigint, value jsonb)
      on conflict (kind, id) do update set revision = excluded.revision, value = excluded.value
   where policy_entries.revision < excluded.revision`;

const STORE_HASHES = `
  insert into policy_heads (revision, hash)
  select r.revision, decode(r.hash, 'hex') from unnest($1::bigint[], $2::text[]) as r (revision, hash) on conflict do nothing`;
