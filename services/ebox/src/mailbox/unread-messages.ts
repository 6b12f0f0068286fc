import { Database } from '@crossroads/database';
import { Injectable } from '@nestjs/common';

/** What is counted of one mailbox: more would not be shown. */
const MAX_COUNTED = 100;

const COUNT = {
  name: 'count-unread-messages',
  text: `select a.n, u.unread from unnest($1::int[], $2::uuid[]) a (n, owner_id)
          cross join lateral (
            select count(*)::int as unread from (
              select from messages m where m.owner_id = a.owner_id and m.read_at is null and not m.hidden limit ${MAX_COUNTED}
            ) counted) u`,
};

/** How many messages were not read: asked whenever mailboxes are listed, so in SQL. */
@Injectable()
export class UnreadMessages {
  constructor(private readonly db: Database) {}

  /** For each owner (all ids of a person), at most 100. */
  async count(owners: readonly (readonly string[])[]): Promise<number[]> {
    const asked = owners.flatMap((ids, n) => ids.map((id) => ({ n, id })));
    const rows = await this.db.query<{ n: number; unread: number }>(COUNT, [
      asked.map(({ n }) => n),
      asked.map(({ id }) => id),
    ]);
    const counts = owners.map(() => 0);
    for (const { n, unread } of rows) counts[n] = Math.min(MAX_COUNTED, (counts[n] ?? 0) + unread);
    return counts;
  }
}
