import { leasesMigrations, type MigrationClass } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One table holds the streams, the log, the outbox and the answers to requests, so that an append is one insert:
 * - the primary key refuses a second writer of the same revision;
 * - `(transaction_id, position)` is the order of the log, read below the oldest open transaction;
 * - a request is stored on the first event that it led to, and is unique. A request without events is a row of revision 0,
 *   under its own key as stream: unique in the same index, and in neither a stream nor the log.
 */
const TABLES = `
create schema es;

create table es.events (
  transaction_id xid8        not null default pg_current_xact_id(),
  position       bigint      not null generated always as identity,
  revision       bigint      not null,
  recorded_at    timestamptz not null default clock_timestamp(),
  event_id       uuid        not null,
  schema_version smallint    not null,
  stream_id      text        not null,
  stream_type    text        not null,
  type           text        not null,
  data           jsonb       not null,
  metadata       jsonb       not null,
  request_key    bytea,
  request_hash   bytea,
  answer         jsonb,
  primary key (stream_id, revision),
  check (revision > 0 or (revision = 0 and request_key is not null)),
  check ((request_key is null) = (request_hash is null))
);
create unique index events_log on es.events (transaction_id, position) where revision > 0;
create unique index events_request on es.events (request_key) where request_key is not null;
comment on column es.events.request_key is 'SHA-256 of institution, rpc and request id';
comment on column es.events.request_hash is 'SHA-256 of the request';

create table es.checkpoints (
  processor      text   primary key,
  transaction_id xid8   not null,
  position       bigint not null
);
comment on table es.checkpoints is 'How far each processor has handled the log';`;

/**
 * Inserts all rows or raises. "after" is the revision that must be there already, on the first row of each append.
 * A lost race, also against the same request, raises 40001: roll back, start again from the read.
 * One insert, since a transaction's number must be taken after the revision that it builds on was seen.
 * The revision before is a scalar subquery: an "exists" may be planned as a hash of the whole table, so that appends slow
 * down with each event; a scalar subquery is looked up row by row in the primary key.
 */
const APPEND_FUNCTION = `
create function es.append(p_rows jsonb) returns void language plpgsql as $$
declare
  v_inserted int;
begin
  insert into es.events (stream_id, stream_type, revision, event_id, type, schema_version, data, metadata,
                         request_key, request_hash, answer)
  select r.stream_id, r.stream_type, r.revision, r.event_id, r.type, r.schema_version, coalesce(r.data, 'null'), r.metadata,
         r.request_key, r.request_hash, r.answer
    from rows from (jsonb_to_recordset(p_rows) as
           (stream_id text, stream_type text, revision bigint, after bigint, event_id uuid, type text, schema_version smallint,
            data jsonb, metadata jsonb, request_key bytea, request_hash bytea, answer jsonb)) with ordinality as r
           (stream_id, stream_type, revision, after, event_id, type, schema_version,
            data, metadata, request_key, request_hash, answer, n)
   where r.after is null
      or (select e.revision from es.events e where e.stream_id = r.stream_id and e.revision = r.after) is not null
   order by r.n
      on conflict do nothing;
  get diagnostics v_inserted = row_count;
  if v_inserted < jsonb_array_length(p_rows) then
    if exists (select from jsonb_to_recordset(p_rows) as r (request_key bytea, request_hash bytea)
                 join es.events e on e.request_key = r.request_key and e.request_hash <> r.request_hash) then
      raise exception using errcode = 'ES001', message = 'request id reused';
    end if;
    raise serialization_failure using message = 'wrong expected revision';
  end if;
end $$;`;

class EventStore1764201600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(APPEND_FUNCTION);
  }

  async down(): Promise<void> {
    throw new Error('the event log is the only record of what happened: it is not dropped');
  }
}

export const eventStoreMigrations: readonly MigrationClass[] = [EventStore1764201600000, ...leasesMigrations];
