import { Receipt } from '@crossroads/contracts/access/v1/receipt';
import type { IsoDay } from '@crossroads/identifiers';
import { commitmentAndTime, type KeptReceipt, type ReceiptStore } from './receipt-store.js';

/** A `pg.Pool`, or what queries like one. */
export interface Queries {
  query(text: string, values: unknown[]): Promise<{ readonly rows: readonly object[] }>;
}

/** A migration of the source's own database. Its role needs `select` and `insert` on the table, and no more. */
export const RECEIPTS_TABLE = `
  create table receipts (
    commitment bytea not null,
    time timestamptz not null,
    data_service text not null,
    receipt bytea not null,
    ask bytea not null,
    ask_salt bytea not null,
    kept_at timestamptz not null default now(),
    primary key (commitment, time)
  );
  create index receipts_by_time on receipts (time);
`;

/** Keeps receipts in a table, which all replicas of a source share: a receipt that one of them has answered, no other one answers. */
export class PostgresReceiptStore implements ReceiptStore {
  constructor(private readonly db: Queries) {}

  async keep({ receipt, dataService, ask, askSalt }: KeptReceipt): Promise<boolean> {
    const { commitment, time } = commitmentAndTime(receipt);
    const bytes = [Receipt.encode(receipt).finish(), ask, askSalt].map((one) => Buffer.from(one));
    const { rows } = await this.db.query(
      `insert into receipts (commitment, time, data_service, receipt, ask, ask_salt)
       values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning 1`,
      [commitment, time, dataService, ...bytes],
    );
    return rows.length > 0;
  }

  async countsOn(day: IsoDay): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.db.query(
      `select data_service as name, count(*)::int as count from receipts
       where time >= $1::date::timestamp at time zone 'UTC' and time < ($1::date + 1)::timestamp at time zone 'UTC'
       group by data_service`,
      [day],
    );
    return new Map(
      (rows as readonly { readonly name: string; readonly count: number }[]).map(({ name, count }) => [name, count]),
    );
  }
}
