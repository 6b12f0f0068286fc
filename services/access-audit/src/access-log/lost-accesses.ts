import { Database } from '@crossroads/database';
import type { PhantomRange, RestoredLog } from '@crossroads/messaging';
import { Injectable } from '@nestjs/common';
import type { LostStep } from './access-log.js';

/** Rows that are looked at in one query. */
const PAGE = 1_000;

/** Finds what was recorded here and is no longer in the journal that it came from. */
@Injectable()
export class LostAccesses {
  constructor(private readonly db: Database) {}

  /** Accesses lie in the partition here that they have in their journal: both go by the person. */
  async find({ partition, source, since }: PhantomRange, log: RestoredLog): Promise<LostStep[]> {
    const recorded: LostStep[] = [];
    for await (const row of this.newestFirst(partition, since)) if (row.ceSource === source) recorded.push(row);
    if (recorded.length === 0) return [];
    const kept = new Set<string>();
    for await (const { id } of log.recent()) kept.add(id);
    return recorded.filter(({ ceId }) => !kept.has(ceId));
  }

  private async *newestFirst(partition: number, since: Date): AsyncGenerator<LostStep> {
    let before: Pick<Row, 'transaction' | 'serial'> = { transaction: null, serial: null };
    for (;;) {
      const rows: Row[] = await this.db.query<Row>(NEWEST, [partition, before.transaction, before.serial, PAGE]);
      yield* rows.filter(({ at, type }) => at > since && type !== 'AccessLostAtSource');
      const last = rows.at(-1);
      if (rows.length < PAGE || last === undefined || rows.every(({ at }) => at <= since)) return;
      before = last;
    }
  }
}

interface Row extends LostStep {
  readonly transaction: string | null;
  readonly serial: bigint | null;
  readonly at: Date;
  readonly type: string;
}

const NEWEST = `
  select e.stream_id as "journalId", e.data ->> 'ceSource' as "ceSource", e.data ->> 'ceId' as "ceId", e.type,
         e.transaction_id::text as transaction, e.serial, e.recorded_at as at
    from es.events e
   where e.partition = $1 and e.stream_type = 'access'
     and ($2::text is null or (e.transaction_id, e.serial) < ($2::text::xid8, $3::bigint))
   order by e.transaction_id desc, e.serial desc limit $4`;
