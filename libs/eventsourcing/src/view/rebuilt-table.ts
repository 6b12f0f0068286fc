import type { Database, Queryable, Tx } from '@crossroads/database';
import type { View } from './view.js';

/** Comparing and copying a large table takes minutes; no lock is held meanwhile. */
const LONG = { timeoutMs: 1_800_000 } as const;
/** Up to so many rows that differed are compared again while writers wait. */
const COMPARED_AGAIN = 5_000;

type Described = Pick<View<never>, 'table' | 'key' | 'compared' | 'carriedOver'>;

/** The table beside the live one, in which a view is rebuilt. */
export class RebuiltTable {
  private readonly built: string;
  private readonly suspects: string;

  constructor(
    private readonly db: Database,
    private readonly view: Described,
  ) {
    this.built = `${view.table}_rebuilt`;
    this.suspects = `${view.table}_differing`;
  }

  async exists(): Promise<boolean> {
    const [row] = await this.db.query<{ found: boolean }>('select to_regclass($1) is not null as found', [this.built]);
    return row?.found === true;
  }

  /** Like the live table, with its storage options and comment. @throws when it has what is not copied */
  async create(tx: Tx): Promise<void> {
    const { table } = this.view;
    await tx.query(`drop table if exists ${this.built}`);
    await tx.query(`create table ${this.built} (like ${table} including all)`);
    const [live] = await tx.query<{ options: string[] | null; comment: string | null; uncopied: boolean }>(
      `select c.reloptions as options, format('comment on table %I is %L', $2::text, obj_description(c.oid, 'pg_class')) as comment,
              c.relkind <> 'r' or c.relhastriggers as uncopied
         from pg_class c where c.oid = $1::regclass`,
      [table, this.built],
    );
    if (live === undefined || live.uncopied)
      throw new Error(`${table} cannot be rebuilt: it has partitions, foreign keys or triggers`);
    if (live.options) await tx.query(`alter table ${this.built} set (${live.options.join(', ')})`);
    if (live.comment) await tx.query(live.comment);
  }

  /** Notes the rows that differ in one snapshot of both tables: also those that the rebuilt one has not reached yet. */
  async noteDiffering(): Promise<void> {
    const { table, key } = this.view;
    await this.db.transaction(async (tx) => {
      await tx.query(`drop table if exists ${this.suspects}; analyze ${this.built}`);
      await tx.query(
        `create table ${this.suspects} as select ${key} from ${table} live full join ${this.built} built using (${key})
          where ${this.differs()}`,
      );
    }, LONG);
  }

  /** Forgets the noted rows that no longer differ: the rebuilt table has reached them. */
  async countDiffering(): Promise<Differing> {
    const { table, key } = this.view;
    return this.db.transaction(async (tx) => {
      await tx.query(
        `delete from ${this.suspects} where ${key} in (select ${key} from ${this.suspects} noted
           left join ${table} live using (${key}) left join ${this.built} built using (${key}) where not (${this.differs()}))`,
      );
      return this.countDifferingIn(tx);
    }, LONG);
  }

  async countDifferingIn(on: Queryable): Promise<Differing> {
    const { table, key } = this.view;
    const [row] = await on.query<{ noted: bigint; differing: bigint }>(
      `select count(*) as noted, count(*) filter (where ${this.differs()}) as differing
         from ${this.suspects} noted left join ${table} live using (${key}) left join ${this.built} built using (${key})`,
    );
    return { differing: Number(row?.differing ?? 0), isQuick: Number(row?.noted ?? 0) <= COMPARED_AGAIN };
  }

  async countRows(): Promise<number> {
    const [row] = await this.db.transaction(
      (tx) => tx.query<{ rows: bigint }>(`select count(*) as rows from ${this.built}`),
      LONG,
    );
    return Number(row?.rows ?? 0);
  }

  /** Copies what is in no event, of all rows. */
  async carryOver(): Promise<void> {
    await this.db.transaction((tx) => this.copyColumns(tx, '', []), LONG);
  }

  async carryOverKeys(tx: Tx, keys: ReadonlySet<unknown>): Promise<void> {
    if (keys.size > 0) await this.copyColumns(tx, `and built.${this.view.key} = any ($1)`, [[...keys]]);
  }

  private async copyColumns(tx: Tx, where: string, params: readonly unknown[]): Promise<void> {
    const { table, key, carriedOver } = this.view;
    if (!carriedOver) return;
    const of = (name: string) => carriedOver.columns.map((column) => `${name}.${column}`).join(', ');
    await tx.query(
      `update ${this.built} built set ${carriedOver.columns.map((column) => `${column} = live.${column}`).join(', ')}
         from ${table} live where live.${key} = built.${key} and (${of('live')}) is distinct from (${of('built')}) ${where}`,
      params,
    );
  }

  private differs(): string {
    if (this.view.compared.length === 0) return 'false';
    const of = (name: string) => this.view.compared.map((column) => `${name}.${column}`).join(', ');
    return `(${of('live')}) is distinct from (${of('built')})`;
  }

  /** Drops the live table. The rebuilt one takes its name, its grants, and the names of its indexes and sequences. */
  async putInPlace(tx: Tx): Promise<void> {
    const { table } = this.view;
    const renamed = [...(await this.indexNames(tx)), ...(await this.continueSequences(tx))];
    for (const { grant } of await this.grants(tx)) await tx.query(grant);
    await tx.query(`drop table ${table}, ${this.suspects}`);
    await tx.query(`alter table ${this.built} rename to ${table}`);
    for (const { kind, from, to } of renamed) await tx.query(`alter ${kind} ${from} rename to ${to}`);
  }

  /** Those of the live table and of its columns, for the rebuilt one; `like` copies none. */
  private grants(tx: Tx): Promise<{ readonly grant: string }[]> {
    return tx.query(
      `select format('grant %s%s on %s to %s', a.privilege_type, ' (' || quote_ident(g.attname) || ')', $2::regclass,
                     case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end) as grant
         from (select relowner, null::name as attname, relacl as acl from pg_class where oid = $1::regclass
               union all
               select relowner, attname, attacl from pg_attribute join pg_class c on c.oid = attrelid
                where c.oid = $1::regclass and not attisdropped) g
         cross join lateral aclexplode(g.acl) a where a.grantee <> g.relowner`,
      [this.view.table, this.built],
    );
  }

  /** `like` makes names of its own: an index of the live table is known by its definition. */
  private indexNames(tx: Tx): Promise<Renamed[]> {
    const indexesOf = (n: number) => `
      select c.relname as name, d.definition, row_number() over (partition by d.definition order by c.relname) as n
        from pg_index i join pg_class c on c.oid = i.indexrelid
        cross join lateral (select regexp_replace(pg_get_indexdef(c.oid), 'INDEX \\S+ ON \\S+ ', '') || i.indisprimary as definition) d
       where i.indrelid = $${n}::regclass`;
    return tx.query<Renamed>(
      `select 'index' as kind, quote_ident(built.name) as from, quote_ident(live.name) as to
         from (${indexesOf(1)}) live join (${indexesOf(2)}) built using (definition, n)`,
      [this.view.table, this.built],
    );
  }

  private async continueSequences(tx: Tx): Promise<Renamed[]> {
    const sequences = await tx.query<{ from: string; to: string | null }>(
      `select pg_get_serial_sequence($2, attname) as from, pg_get_serial_sequence($1, attname) as to
         from pg_attribute where attrelid = $2::regclass and attidentity <> ''`,
      [this.view.table, this.built],
    );
    return Promise.all(
      sequences.map(async ({ from, to }) => {
        await tx.query(`select setval($1::regclass, last_value, is_called) from ${to}`, [from]);
        return { kind: 'sequence' as const, from, to: to?.split('.').at(-1) ?? '' };
      }),
    );
  }
}

export interface Differing {
  readonly differing: number;
  /** Whether there are so few that they can be compared again while writers wait. */
  readonly isQuick: boolean;
}

interface Renamed {
  readonly kind: 'index' | 'sequence';
  readonly from: string;
  readonly to: string;
}
