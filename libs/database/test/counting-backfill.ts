import { Backfill, type Batch, type MigrationClass } from '@crossroads/database';
import type { QueryRunner } from 'typeorm';

export const BATCHES = { size: 10 };

/** Adds one to each row of `things`, so that a row that is filled twice shows. */
export const countingBackfill = (onBatch: (place: unknown) => void | Promise<void>): MigrationClass => {
  const migration = class extends Backfill {
    async batch(runner: QueryRunner, place: unknown): Promise<Batch | undefined> {
      await onBatch(place);
      const rows = (await runner.query(
        `with batch as (select id from things where id > $1 order by id limit $2)
         update things t set n = n + 1 from batch b where t.id = b.id returning t.id`,
        [Number(place ?? 0), BATCHES.size],
      )) as [{ id: bigint }[], number];
      const last = Math.max(...rows[0].map(({ id }) => Number(id)));
      return rows[0].length === 0 ? undefined : { place: last, rows: rows[0].length };
    }
  };
  Object.defineProperty(migration, 'name', { value: 'Counting1764000000005' });
  return migration;
};
