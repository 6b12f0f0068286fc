import type { Queryable } from '@crossroads/database';

/** A month of journal streams. `closing`: it takes no more events, and is still in `es.events`. `past`: it is in `es.past`. */
export interface Month {
  /** `YYYYMM`. */
  readonly month: number;
  readonly state: 'open' | 'closing' | 'past';
}

/** The constraint that refuses further events. */
export const CLOSED = 'closed';

/** The months that have a table, the oldest first. What was done so far is read from the catalog: a run can be ended anywhere. */
export const monthsOfJournal = (on: Pick<Queryable, 'query'>): Promise<Month[]> =>
  on.query<Month>(
    `select substr(c.relname, 8)::int as month,
            case when i.inhparent = 'es.past'::regclass then 'past'
                 when exists (select from pg_constraint k where k.conrelid = c.oid and k.conname = $1) then 'closing'
                 else 'open' end as state
       from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent in ('es.events'::regclass, 'es.past'::regclass) and c.relname ~ '^events_[0-9]{6}$'
      order by 1`,
    [CLOSED],
  );

export const tableOf = (month: number): string => {
  if (!Number.isInteger(month) || month < 197_001) throw new TypeError(`${month} is no month`);
  return `es.events_${month}`;
};
