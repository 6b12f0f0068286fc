import type { QueryRunner } from 'typeorm';
import { grantsToService } from '../migration/grants.js';
import type { MigrationClass } from '../migration/migration.js';

/**
 * Taking a lease is renewing it. Free is what has no holder, has expired by the clock of the database, or whose holder's session is gone.
 * All run as the caller, who sees in `pg_stat_activity` when the sessions of its own role have started.
 */
const LEASES = `
create schema if not exists es;

create table es.leases (
  role          text        not null,
  partition     smallint    not null,
  holder        uuid,
  token         bigint      not null default 0,
  expires_at    timestamptz not null default '-infinity',
  backend       int,
  backend_start timestamptz,
  primary key (role, partition)
) with (fillfactor = 50);
comment on column es.leases.token is 'grows with each change of the holder';

create table es.members (
  role          text        not null,
  holder        uuid        not null,
  version       text        not null,
  refused       smallint[]  not null default '{}',
  expires_at    timestamptz not null,
  backend       int,
  backend_start timestamptz,
  primary key (role, holder)
) with (fillfactor = 50);
comment on table es.members is 'The running processes of the service';

create function es.session_is_gone(p_backend int, p_backend_start timestamptz) returns boolean stable language sql as $$
  select not exists (select from pg_stat_activity a where a.pid = p_backend and a.backend_start = p_backend_start) $$;

create function es.lease(p_role text, p_holder uuid, p_want smallint[], p_ttl interval, p_backend int)
returns table (partition smallint, token bigint) language sql as $$
  insert into es.leases (role, partition) select p_role, p from unnest(p_want) p order by p on conflict do nothing;
  with free as (
    select l.role, l.partition from es.leases l
     where l.role = p_role and l.partition = any (p_want)
       and (l.holder is null or l.holder = p_holder or l.expires_at < clock_timestamp()
            or es.session_is_gone(l.backend, l.backend_start))
     order by l.partition for update skip locked)
  update es.leases l
     set holder = p_holder, token = l.token + (l.holder is distinct from p_holder)::int,
         expires_at = clock_timestamp() + p_ttl, backend = p_backend,
         backend_start = (select a.backend_start from pg_stat_activity a where a.pid = p_backend)
    from free f where l.role = f.role and l.partition = f.partition returning l.partition, l.token $$`;

class Leases1764201600010 {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LEASES);
    await runner.query(
      grantsToService({
        'schema es': 'usage',
        'es.leases, es.members': 'select, insert, update, delete',
        'function es.lease, es.session_is_gone': 'execute',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `drop function es.lease; drop function es.session_is_gone; drop table es.members; drop table es.leases`,
    );
  }
}

export const leasesMigrations: readonly MigrationClass[] = [Leases1764201600010];
