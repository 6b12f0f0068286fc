import pg from 'pg';

/** What others than the owner may do, by table, sequence, function (`name()`) or schema (`schema name`). */
export type Grants = Readonly<Record<string, string>>;

/**
 * All that a database grants to anybody but owners, and the tables of which it grants nothing. Partitions are left out: rows are reached
 * by the table that they belong to. From the catalogue: `information_schema.role_table_grants` does not show what everybody may do
 * (`public …`), and no view of it shows grants on sequences and schemas.
 */
export const grantsIn = async (adminUrl: string, appRole: string): Promise<Grants> => {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; rights: string }>(GRANTED, [appRole]);
    return Object.fromEntries(rows.map(({ name, rights }) => [name, rights]));
  } finally {
    await client.end();
  }
};

const GRANTED = `
  with schemas as (
    select oid, nspname as schema, nspowner, nspacl from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
  ),
  relations as (
    select c.*, format('%I.%I', schema, relname) as name from pg_class c join schemas s on s.oid = relnamespace
     where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  ),
  objects (name, is_listed, attnum, attname, owner, acl) as (
    select format('schema %I', schema), false, null::int2, null::name, nspowner, coalesce(nspacl, acldefault('n', nspowner)) from schemas
    union all
    select name, relkind <> 'S' and not relispartition, null, null, relowner,
           coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner)) from relations
    union all
    select name, false, attnum, attname, relowner, attacl from relations join pg_attribute on attrelid = relations.oid
     where attacl is not null and not attisdropped
    union all
    select format('%I.%I()', schema, proname), false, null, null, proowner, coalesce(proacl, acldefault('f', proowner))
      from pg_proc join schemas s on s.oid = pronamespace
  ),
  granted as (
    select o.name, o.is_listed, o.attname, o.attnum, lower(a.privilege_type) as privilege,
           case when a.grantee = 0 then 'public ' when a.grantee = $1::regrole then '' else 'another role ' end as grantee
      from objects o left join lateral (select * from aclexplode(o.acl) where grantee <> o.owner) a on true
  ),
  rights as (
    select name, bool_or(is_listed) as is_listed, privilege,
           grantee || privilege || coalesce(' (' || string_agg(attname, ', ' order by attnum) || ')', '') as "right"
      from granted group by name, grantee, privilege, attname is null
  )
  select name, coalesce(string_agg("right", ', ' order by array_position(
           array['select', 'insert', 'update', 'delete', 'usage', 'execute'], privilege), "right"), '') as rights
    from rights group by name having bool_or(is_listed) or count(privilege) > 0 order by name`;
