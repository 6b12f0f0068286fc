import type { Queryable } from '@crossroads/database';
import type { PolicyHead } from '../policy-head.js';

/** A head, and of how many histories it is after others that were given up. */
export interface HeldHead extends PolicyHead {
  readonly generation: number;
}

/** What a follower has held, so that a restart does not make it forget: in the database of the service, by all its processes. */
export class HeldHeads {
  constructor(private readonly db: Pick<Queryable, 'query'>) {}

  /** The last one; undefined: none yet. */
  async last(): Promise<HeldHead | undefined> {
    const [row] = await this.db.query<HeldHead>(
      'select generation, revision, hash from held_policy_heads order by generation desc, revision desc limit 1',
    );
    return row;
  }

  async add({ generation, revision, hash }: HeldHead): Promise<void> {
    await this.db.query(
      'insert into held_policy_heads (generation, revision, hash) values ($1, $2, $3) on conflict do nothing',
      [generation, revision, hash],
    );
  }
}
