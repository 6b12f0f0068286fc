import type { MigrationClass } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class Leases1764201600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
create schema if not exists es;
create table es.leases (
  role text not null, partition smallint not null, holder uuid, token bigint not null default 0,
  expires_at timestamptz not null default '-infinity', backend int, backend_start timestamptz,
  primary key (role, partition)) with (fillfactor = 50);
create table es.members (role text not null, holder uuid not null, version text not null, expires_at timestamptz not null, primary key (role, holder));
create function es.lease(p_role text, p_holder uuid, p_want smallint[], p_ttl interval, p_backend int) returns table (partition smallint, token bigint) language sql as $$
  with free as (
    select l.role, l.partition from es.leases l
     where l.role = p_role and l.partition = any (p_want)
       and (l.holder is null or l.holder = p_holder or l.expires_at < clock_timestamp()
            or not exists (select from pg_stat_activity a where a.pid = l.backend and a.backend_start = l.backend_start))
     order by l.partition for update skip locked)
  update es.leases l set holder = p_holder, token = l.token + (l.holder is distinct from p_holder)::int, expires_at = clock_timestamp() + p_ttl,
         backend = p_backend, backend_start = (select backend_start from pg_stat_activity where pid = p_backend)
    from free f where l.role = f.role and l.partition = f.partition returning l.partition, l.token $$;`);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table es.leases, es.members');
  }
}
export const temporaryLeasesMigrations: readonly MigrationClass[] = [Leases1764201600000];
