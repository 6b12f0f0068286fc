import { Database, type Tx } from '@crossroads/database';
import { Batcher, type Json } from '@crossroads/eventsourcing';
import { FORGOTTEN, KeyMissing, SubjectSealer, Unsealable } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { PersonState } from './person.decider.js';

/** Rises with the form of `PersonState`, and with every change of how events are folded. */
const VERSION = 4;

/** A person after a revision of the stream. */
export interface PersonSnapshot {
  readonly personId: string;
  readonly revision: bigint;
  readonly sealed: string;
}

/** A copy of what the events say: it spares reading them, and may be missing, old or unreadable. */
@Injectable()
export class PersonSnapshots {
  /** The revision of each person's snapshot when it was last seen; 0n for none. With it the events after it are read at the same time. */
  private readonly revisions = new LRUCache<string, bigint>({ max: 50_000 });
  private readonly batcher: Batcher<string, PersonSnapshot | undefined>;

  constructor(
    private readonly db: Database,
    private readonly sealer: SubjectSealer,
  ) {
    this.batcher = new Batcher((personIds) => this.findBatch(personIds));
  }

  /** Undefined when it was not looked for. */
  lastSeen(personId: string): bigint | undefined {
    return this.revisions.get(personId);
  }

  /** Shares its query with other reads of the same moment. */
  find(personId: string): Promise<PersonSnapshot | undefined> {
    return this.batcher.load(personId);
  }

  /** Undefined when it cannot be opened: the person's key was destroyed, or the row was damaged. */
  async open({ personId, revision, sealed }: PersonSnapshot): Promise<PersonState | undefined> {
    const state = await this.opened(personId, revision, sealed);
    if (state === undefined) this.revisions.set(personId, 0n);
    return state;
  }

  /** An older snapshot never takes the place of a newer one. */
  async store(personId: string, revision: bigint, state: PersonState): Promise<void> {
    // An erasure is ordered before the key is destroyed. The snapshot would not say so.
    if (state.forgotten) return;
    await this.db.query(STORE, await this.rowOf(personId, revision, state));
    this.revisions.set(personId, revision);
  }

  /** Into the table that is being rebuilt; of a person who was erased the row is removed there. */
  async rebuild(tx: Tx, personId: string, revision: bigint, state: PersonState): Promise<void> {
    if (state.forgotten) await tx.query('delete from person_snapshots_rebuilt where person_id = $1', [personId]);
    else await tx.query(REBUILD, await this.rowOf(personId, revision, state));
  }

  private async rowOf(personId: string, revision: bigint, state: PersonState): Promise<readonly unknown[]> {
    return [personId, revision, VERSION, await this.sealer.sealForSubject(personId, storedOf(state), aadOf(revision))];
  }

  private async opened(personId: string, revision: bigint, sealed: string): Promise<PersonState | undefined> {
    try {
      const opened = await this.sealer.openForSubject(personId, sealed, aadOf(revision));
      return opened === FORGOTTEN ? undefined : stateOf(opened);
    } catch (error) {
      // Damaged. When it is the key that is missing, the events say so.
      if (error instanceof Unsealable || error instanceof KeyMissing) return undefined;
      throw error;
    }
  }

  private async findBatch(personIds: readonly string[]): Promise<(PersonSnapshot | undefined)[]> {
    const rows = await this.db.query<PersonSnapshot>(FIND, [[...new Set(personIds)], VERSION]);
    const found = new Map(rows.map((row) => [row.personId, row]));
    for (const personId of personIds) this.revisions.set(personId, found.get(personId)?.revision ?? 0n);
    return personIds.map((personId) => found.get(personId));
  }
}

const FIND = {
  name: 'person-snapshots-find',
  text: `select person_id as "personId", revision, sealed from person_snapshots where person_id = any($1::uuid[]) and version = $2`,
};

// The same revision is written again: the row could not be opened.
const storeInto = (table: string): string => `
  insert into ${table} as s (person_id, revision, version, sealed) values ($1, $2, $3, $4)
    on conflict (person_id) do update set revision = excluded.revision, version = excluded.version, sealed = excluded.sealed
    where s.revision <= excluded.revision or s.version <> excluded.version`;

const STORE = { name: 'person-snapshots-store', text: storeInto('person_snapshots') };

const REBUILD = storeInto('person_snapshots_rebuilt');

const aadOf = (revision: bigint): string => `snapshot/${VERSION}/${revision}`;

/** The form that is stored. A forgotten person has none: nothing can be sealed any more. */
const storedOf = ({
  facts,
  sourceRevision,
  reassertedRevision,
  mergedInto,
  contested,
}: PersonState): { readonly [key: string]: Json } => ({
  facts: facts as unknown as Json,
  sourceRevision: String(sourceRevision),
  ...(reassertedRevision === undefined ? {} : { reassertedRevision: String(reassertedRevision) }),
  ...(mergedInto === undefined ? {} : { mergedInto }),
  ...(contested === undefined ? {} : { contested }),
});

const stateOf = (stored: Json): PersonState => {
  // Written by `storedOf` above.
  const { facts, sourceRevision, reassertedRevision, ...merged } = stored as unknown as StoredState;
  const reasserted = reassertedRevision === undefined ? {} : { reassertedRevision: BigInt(reassertedRevision) };
  return { forgotten: false, facts, sourceRevision: BigInt(sourceRevision), ...reasserted, ...merged };
};

type StoredState = Pick<PersonState, 'facts' | 'mergedInto' | 'contested'> & {
  readonly sourceRevision: string;
  readonly reassertedRevision?: string;
};
