import { Database, type Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';

/** The proposals that take effect by the clock. */
@Injectable()
export class DueProposals {
  constructor(private readonly db: Database) {}

  async add(tx: Tx, proposalId: string, effectiveAt: string): Promise<void> {
    await tx.query('insert into due_proposals (proposal_id, effective_at) values ($1, $2)', [proposalId, effectiveAt]);
  }

  async remove(tx: Tx, proposalId: string): Promise<void> {
    await tx.query('delete from due_proposals where proposal_id = $1', [proposalId]);
  }

  /** At most `limit`, the earliest first. */
  async due(at: Date, limit: number): Promise<string[]> {
    const rows = await this.db.query<{ readonly id: string }>(
      'select proposal_id as id from due_proposals where effective_at <= $1 order by effective_at limit $2',
      [at, limit],
    );
    return rows.map(({ id }) => id);
  }
}
