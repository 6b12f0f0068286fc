import { Database } from '@crossroads/database';
import { Inject, Injectable } from '@nestjs/common';
import { PolicyForks } from '../fork/policy-forks.js';

const KEPT = 1_000n;

/** A commit at each periodic read: a database that is full, read only, restored or out of reach gives none. */
@Injectable()
export class PolicyBeat {
  constructor(
    @Inject(Database) private readonly db: Pick<Database, 'query' | 'execute'>,
    private readonly forks: PolicyForks,
  ) {}

  async write(): Promise<void> {
    const [row] = await this.db.query<{ beat: bigint; forked: boolean }>(WRITE);
    if (!row) throw new TypeError('an insert returns its row');
    this.forks.looked(row.forked);
    if (row.beat % KEPT === 0n) await this.db.execute('delete from policy_beats where beat <= $1', [row.beat - KEPT]);
  }
}

const WRITE = {
  name: 'policy-beat',
  text: `with written as (insert into policy_beats default values returning beat)
    select beat, exists (select from policy_forks where accepted_at is null) as forked from written`,
};
