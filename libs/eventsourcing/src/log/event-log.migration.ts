import { grantsToService, type MigrationClass } from '@crossroads/database';
import { PARTITIONS } from '@crossroads/topology';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Streams, log and requests are append-only; each is guarded by a primary key:
 * - `es.events`: the events of all streams. Journal streams, which are numerous and end, are cut by the month in which they began, so
 *   that months can be archived; other streams are month 0, for good.
 * - `es.log`: the dense position of each event in its partition, with a running hash. Only `es.stamp` writes it.
 * - `es.requests`: the answers to requests, by the week of their UUIDv7.
 */
const TABLES = `
create schema if not exists es;

create table es.logs (
  log        smallint primary key,
  name       text     not null unique,
  log_id     uuid     not null default gen_random_uuid(),
  partitions smallint not null check (partitions between 1 and 100)
);
comment on table es.logs is 'A partition is numbered log * 100 + n';
insert into es.logs (log, name, partitions) values (0, 'main', ${PARTITIONS}), (1, 'journal', ${PARTITIONS});

create table es.events (
  transaction_id xid8        not null default pg_current_xact_id(),
  serial         bigint      not null generated always as identity,
  revision       bigint      not null check (revision > 0),
  recorded_at    timestamptz not null default clock_timestamp(),
  event_id       uuid        not null,
  month          int         not null,
  partition      smallint    not null,
  schema_version smallint    not null,
  stream_id      text        not null,
  stream_type    text        not null,
  type           text        not null,
  data           jsonb       not null,
  metadata       jsonb       not null,
  primary key (month, stream_id, revision)
) partition by list (month);
create index events_unstamped on es.events (partition, transaction_id);
create table es.events_kept partition of es.events for values in (0);
comment on column es.events.serial is 'drawn at the insert: causal order over the whole database, with holes';

create table es.past (
  transaction_id xid8        not null,
  serial         bigint      not null,
  revision       bigint      not null,
  recorded_at    timestamptz not null,
  event_id       uuid        not null,
  month          int         not null,
  partition      smallint    not null,
  schema_version smallint    not null,
  stream_id      text        not null,
  stream_type    text        not null,
  type           text        not null,
  data           jsonb       not null,
  metadata       jsonb       not null,
  primary key (month, stream_id, revision)
) partition by list (month);
comment on table es.past is 'Closed months of es.events, until they are archived and dropped';

create table es.requests (
  request_id uuid  not null,
  scope      bytea not null,
  hash       bytea not null,
  answer     jsonb,
  primary key (request_id, scope)
) partition by range (request_id);
comment on column es.requests.scope is 'SHA-256 of institution and rpc';
comment on column es.requests.hash is 'SHA-256 of the request';

create table es.log (
  position  bigint   not null,
  serial    bigint   not null,
  revision  bigint   not null,
  month     int      not null,
  partition smallint not null,
  stream_id text     not null,
  hash      bytea    not null,
  snapshot  pg_snapshot,
  target    pg_snapshot,
  primary key (partition, position)
) partition by range (partition);
create table es.log_main partition of es.log for values from (0) to (100);
create table es.log_journal partition of es.log for values from (100) to (200) partition by range (position);
comment on column es.log.snapshot is 'of the last row of a pass: everything that it saw is stamped';
comment on column es.log.target is 'where a pass met its limit: what the next passes go on to stamp';

create table es.trimmed (
  partition smallint not null primary key,
  position  bigint   not null,
  hash      bytea    not null
);
comment on table es.trimmed is 'es.log begins after these places: what came before was archived and dropped';

create table es.archives (
  month       int         not null primary key,
  name        text        not null,
  sha256      bytea       not null,
  events      bigint      not null,
  bytes       bigint      not null,
  places      jsonb       not null,
  verified_at timestamptz not null default clock_timestamp(),
  dropped_at  timestamptz
);
comment on table es.archives is 'closed months that are in the archive, read back and verified';
comment on column es.archives.places is 'per partition of the log: the last position of the month';`;

/**
 * Several rows at once. The first row of each stream names the revision that must be there already. Raises 22012 or 23505 when a race was
 * lost, also against the same request. The revision before is a scalar subquery: an "exists" may be planned as a hash of the whole table.
 */
const APPEND = `
create function es.append(p_requests jsonb, p_rows jsonb) returns void language plpgsql as $$
begin
  insert into es.requests (request_id, scope, hash, answer)
  select r.request_id, r.scope, r.hash, r.answer
    from jsonb_to_recordset(p_requests) as r (request_id uuid, scope bytea, hash bytea, answer jsonb);
  insert into es.events (month, partition, stream_id, stream_type, revision, event_id, type, schema_version, data, metadata)
  select r.month, r.partition, r.stream_id, r.stream_type,
         case when r.after is null then r.revision
              else r.revision / ((select e.revision from es.events e where e.month = r.month and e.stream_id = r.stream_id
                                     and e.revision = r.after and e.partition = r.partition) is not null)::int end,
         r.event_id, r.type, r.schema_version, coalesce(r.data, 'null'), r.metadata
    from rows from (jsonb_to_recordset(p_rows) as
           (month int, partition smallint, stream_id text, stream_type text, revision bigint, after bigint, event_id uuid, type text,
            schema_version smallint, data jsonb, metadata jsonb)) with ordinality as r
           (month, partition, stream_id, stream_type, revision, after, event_id, type, schema_version, data, metadata, n)
   order by r.n;
end $$;`;

/** \`hash(n) = SHA-256(hash(n-1) ‖ event_id ‖ SHA-256(stream ' ' revision ' ' type ' ' data))\`; \`hash(0) = SHA-256(log_id ‖ partition)\`. */
const HASH = `
create function es.link(state bytea, seed bytea, item bytea) returns bytea immutable parallel safe language plpgsql as $$
begin return sha256(coalesce(state, seed) || item); end $$;
create aggregate es.chain(seed bytea, item bytea) (sfunc = es.link, stype = bytea);
create function es.seed(p smallint) returns bytea stable language sql as $$
  select sha256(uuid_send(log_id) || int2send(p)) from es.logs where log = p / 100 $$;
create function es.item(id uuid, stream text, rev bigint, type text, data jsonb) returns bytea stable language sql
  return uuid_send(id) || sha256(convert_to(stream || ' ' || rev || ' ' || type || ' ' || data::text, 'UTF8'));`;

/**
 * Gives positions to the events that are visible now and were not to the last pass, and returns them. Alone in its transaction. Two at
 * once collide on the primary key of \`es.log\` (23505): one has stamped, the other looks again. It needs the leases of its partitions, which
 * is economy only: the primary key is the fence.
 */
const STAMP = `
create function es.stamp(p_holder uuid, p_partitions smallint[], p_limit int)
returns table (partition smallint, "position" bigint, hash bytea, month int, stream_id text, revision bigint, serial bigint, event_id uuid,
  stream_type text, type text, schema_version smallint, recorded_at timestamptz, data jsonb, metadata jsonb)
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off
set enable_bitmapscan = off as $$
#variable_conflict use_column
begin
  if pg_current_xact_id_if_assigned() is not null then raise exception 'es.stamp must be alone in its transaction'; end if;
  if exists (select from unnest(p_partitions) p
               cross join lateral (select x.snapshot from es.log x where x.partition = p order by x.position desc limit 1) h
              where pg_snapshot_xmax(h.snapshot) > pg_snapshot_xmax(pg_current_snapshot())) then
    raise exception using errcode = 'ES002', message = 'the log has transaction ids of another cluster: es.adopt()';
  end if;
  return query
  with head as materialized (
    select l.partition, coalesce(h.position, 0) as position, coalesce(h.hash, es.seed(l.partition)) as hash,
           coalesce(h.snapshot, '1:1:') as snapshot, h.target, case when h.target is null then 0 else h.serial end as after
      from es.leases l
      left join lateral (select * from es.log x where x.partition = l.partition order by x.position desc limit 1) h on true
     where l.role = 'log' and l.partition = any (p_partitions) and l.holder = p_holder and l.expires_at > clock_timestamp()),
  found as materialized (
    select e.*, h.position + e.n as position, h.hash as seed, h.snapshot as old,
           coalesce(h.target, pg_current_snapshot()) as new, max(e.n) over (partition by h.partition) as last
      from head h cross join lateral (
        select row_number() over (order by u.serial) as n, u.* from (
          select e.* from es.events e where e.partition = h.partition and e.transaction_id >= pg_snapshot_xmax(h.snapshot)
          union all
          select e.* from es.events e
           where e.partition = h.partition and e.transaction_id = any (array(select pg_snapshot_xip(h.snapshot)))) u
         where h.target is null or (u.serial > h.after and pg_visible_in_snapshot(u.transaction_id, h.target))
         order by u.serial limit p_limit + 1) e),
  linked as materialized (
    select f.*, es.chain(f.seed, es.item(f.event_id, f.stream_id, f.revision, f.type, f.data))
                  over (partition by f.partition order by f.n rows unbounded preceding) as hash
      from found f where f.n <= p_limit),
  inserted as (
    insert into es.log (partition, position, month, stream_id, revision, serial, hash, snapshot, target)
    select l.partition, l.position / (l.transaction_id < pg_snapshot_xmax(pg_current_snapshot()))::int, l.month, l.stream_id, l.revision,
           l.serial, l.hash,
           case when l.n = least(l.last, p_limit) then case when l.last <= p_limit then l.new else l.old end end,
           case when l.n = p_limit and l.last > p_limit then l.new end
      from linked l)
  select l.partition, l.position, l.hash, l.month, l.stream_id, l.revision, l.serial, l.event_id, l.stream_type, l.type,
         l.schema_version, l.recorded_at, l.data, l.metadata
    from linked l order by l.partition, l.position;
end $$;`;

/** After a logical restore: load the events with the trigger \`es.foreign\`, then call \`es.adopt()\`. */
const ADOPT = `
create function es.foreign() returns trigger language plpgsql as $$ begin new.transaction_id := '1'; return new; end $$;
create function es.adopt() returns bigint language plpgsql as $$
declare v_rows bigint := 0; v_part smallint; v_n bigint;
begin
  lock table es.events in share row exclusive mode;
  if exists (select from es.events where transaction_id > '1') then
    raise exception 'events with transaction ids of their own: this is no fresh restore';
  end if;
  for v_part in select log * 100 + n from es.logs cross join lateral generate_series(0, partitions - 1) n loop
    update es.log l set snapshot = '3:3:', target = null
     where l.partition = v_part and l.position = (select max(position) from es.log x where x.partition = v_part);
    with h as (select coalesce(max(position), 0) as position from es.log where partition = v_part),
    s as (select coalesce((select hash from es.log l, h where l.partition = v_part and l.position = h.position), es.seed(v_part)) as hash),
    tail as (
      select h.position + row_number() over w as position, e.*,
             es.chain(s.hash, es.item(e.event_id, e.stream_id, e.revision, e.type, e.data)) over w as hash
        from h, s, es.events e
       where e.partition = v_part and not exists (
               select from es.log l where l.month = e.month and l.stream_id = e.stream_id and l.revision = e.revision
                  and l.partition = v_part)
      window w as (order by e.serial rows unbounded preceding))
    insert into es.log (partition, position, month, stream_id, revision, serial, hash, snapshot)
    select v_part, position, month, stream_id, revision, serial, hash, '3:3:' from tail;
    get diagnostics v_n = row_count;
    v_rows := v_rows + v_n;
  end loop;
  return v_rows;
end $$;`;

/**
 * Makes the tables that are needed soon: months of journal streams (UTC), weeks of requests, and a million positions of each journal
 * partition. Drops requests that are older than 35 days, and a week. Idempotent; the service calls it each hour. Only the owner may name
 * another time (\`es.maintain_at\`): with one in the future the service could drop requests that may still be repeated.
 */
const MAINTAIN = `
create function es.request_bound(p_at timestamptz) returns uuid immutable language sql
  return (lpad(to_hex((extract(epoch from p_at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;

create function es.maintain_at(c_now timestamptz) returns void language plpgsql set search_path = '' set lock_timeout = '2s'
set timezone = 'UTC' as $$
declare
  v_at timestamptz;
  v_name text;
  v_last bigint;
  c_week constant interval := '7 days';
begin
  lock table es.logs in share row exclusive mode;
  for v_at in select generate_series(date_trunc('month', c_now) - interval '1 month', c_now + interval '2 months', '1 month') loop
    v_name := to_char(v_at, 'YYYYMM');
    if to_regclass('es.events_' || v_name) is null then
      execute format('create table es.events_%s partition of es.events for values in (%s)', v_name, v_name);
    end if;
  end loop;
  for v_at in select generate_series(date_trunc('week', c_now) - 6 * c_week, c_now + 4 * c_week, c_week) loop
    v_name := 'requests_' || to_char(v_at, 'YYYYMMDD');
    if to_regclass('es.' || v_name) is null then
      execute format('create table es.%I partition of es.requests for values from (%L) to (%L)', v_name,
                     es.request_bound(v_at), es.request_bound(v_at + c_week));
    end if;
  end loop;
  for v_name in
    select c.relname from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'es.requests'::regclass
       and c.relname < 'requests_' || to_char(date_trunc('week', c_now) - 6 * c_week, 'YYYYMMDD')
  loop
    execute format('drop table es.%I', v_name);
  end loop;
  select coalesce(max(h.position), 0) / 1000000 into v_last
    from es.logs g cross join lateral generate_series(g.log * 100, g.log * 100 + g.partitions - 1) p
    cross join lateral (select x.position from es.log x where x.partition = p order by x.position desc limit 1) h
   where g.log = 1;
  for v_segment in v_last .. v_last + 2 loop
    if to_regclass('es.log_journal_' || v_segment) is null then
      execute format('create table es.log_journal_%s partition of es.log_journal for values from (%s) to (%s)', v_segment,
                     v_segment * 1000000, (v_segment + 1) * 1000000);
    end if;
  end loop;
end $$;
create function es.maintain() returns void language sql security definer set search_path = '' as $$
  select es.maintain_at(clock_timestamp()) $$;
select es.maintain();

create function es.kept_months() returns int[] stable language sql set search_path = '' as $$
  select array_agg(case c.relname when 'events_kept' then 0 else substr(c.relname, 8)::int end)
    from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
   where i.inhparent in ('es.events'::regclass, 'es.past'::regclass) $$;`;

/**
 * No role that a service runs as can change or remove an event, nor choose its instant or place: `es.stamp` alone writes places.
 * `insert` names the columns that `es.append` fills.
 */
const GRANTS = grantsToService({
  'schema es': 'usage',
  'es.events':
    'select, insert (month, partition, stream_id, stream_type, revision, event_id, type, schema_version, data, metadata)',
  'es.requests': 'select, insert',
  'es.logs, es.log, es.past, es.trimmed, es.archives': 'select',
  'function es.append, es.stamp, es.seed, es.maintain, es.kept_months': 'execute',
});

class EventLog1764201600002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const tables = (await runner.query(
      "select from pg_tables where schemaname = 'es' and tablename = 'events'",
    )) as readonly unknown[];
    if (tables.length > 0)
      throw new Error(
        'this database was made before the log had partitions: begin anew with an empty one (npm start -- --fresh)',
      );
    for (const sql of [TABLES, APPEND, HASH, STAMP, ADOPT, MAINTAIN, GRANTS]) await runner.query(sql);
  }

  async down(): Promise<void> {
    throw new Error('the event log is the only record of what happened: it is not dropped');
  }
}

export const eventLogMigrations: readonly MigrationClass[] = [EventLog1764201600002];
