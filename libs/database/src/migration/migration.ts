import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * - `transactional`: one transaction; what fails leaves nothing.
 * - `online`: no transaction, for `create index concurrently`, which blocks no writer. It may run again after a failure: an index that a
 *   failed attempt left invalid is dropped first, and one that is there already is left alone.
 * - `backfill`: see `Backfill`.
 */
export type MigrationKind = 'transactional' | 'online' | 'backfill';

/**
 * A TypeORM migration; its name ends in a timestamp, by which migrations are ordered. One that has run somewhere is neither
 * renamed nor edited. Migrations expand (a table, a column with a default, an index): they run while the previous version of the
 * service is still at work.
 */
export interface MigrationClass {
  new (): MigrationInterface;
  readonly name: string;
  /** @default transactional */
  readonly kind?: MigrationKind;
  /** Of a migration that removes something: the version since which nothing uses it. It runs once no older process does. */
  readonly contracts?: string;
}

export interface Batch {
  /** From where the next batch goes on. Stored as JSON, and never logged. */
  readonly place: unknown;
  readonly rows: number;
}

/** Changes many rows, a batch a transaction; together with each batch its place is stored, from which the next process goes on. */
export abstract class Backfill implements MigrationInterface {
  static readonly kind: MigrationKind = 'backfill';

  /** @param place of the batch before; undefined at first. @returns undefined when nothing is left */
  abstract batch(runner: QueryRunner, place: unknown): Promise<Batch | undefined>;

  /** The first batch alone. */
  async up(runner: QueryRunner): Promise<void> {
    await this.batch(runner, undefined);
  }

  async down(): Promise<void> {
    throw new Error('a backfill is not reverted');
  }
}

/** @throws what is wrong with them, before any has run */
export const inOrder = (migrations: readonly MigrationClass[]): MigrationClass[] => {
  const names = migrations.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0) throw new Error(`Duplicate migrations: ${twice.join(', ')}`);
  for (const migration of migrations) {
    const { name, kind } = migration;
    if (Number.isNaN(timestampOf(migration))) throw new Error(`the name of ${name} does not end in a timestamp`);
    if (Reflect.get(new migration(), 'transaction') === false && kind !== 'online')
      throw new Error(`${name} says "transaction = false"; it has to say "static readonly kind = 'online'"`);
  }
  return migrations.toSorted((one, other) => timestampOf(one) - timestampOf(other));
};

export const timestampOf = ({ name }: Pick<MigrationClass, 'name'>): number =>
  Number.parseInt(/\d{13}$/.exec(name)?.[0] ?? '', 10);
