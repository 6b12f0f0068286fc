/** The tables of the embedded log. Run at each start, by whoever comes first. */
export const EMBEDDED_SCHEMA = `
  create schema if not exists bus;
  create table if not exists bus.topics (
    name text primary key,
    retention_days int not null,
    last_position bigint not null default 0
  );
  create table if not exists bus.messages (
    topic text not null references bus.topics (name),
    position bigint not null,
    key text not null,
    headers jsonb not null,
    data bytea not null,
    published_at timestamptz not null default clock_timestamp(),
    primary key (topic, position)
  );
  create index if not exists messages_age on bus.messages (topic, published_at);
  create table if not exists bus.offsets (
    consumer_group text not null,
    topic text not null,
    position bigint not null,
    primary key (consumer_group, topic)
  );
`;

/**
 * Positions are dense and gap-free for a reader without any gate: the topic's row is locked from drawing them to the
 * commit, so that a later position is never visible before an earlier one. A gate by \`pg_snapshot_xmin\` would hold the
 * whole bus behind any long transaction of any database in the cluster.
 */
export const APPEND = `
  with topic as (
    update bus.topics set last_position = last_position + cardinality($2::text[])
    where name = $1 returning last_position - cardinality($2::text[]) as base
  ), added as (
    insert into bus.messages (topic, position, key, headers, data)
    select $1, topic.base + event.n, event.key, event.headers, event.data
    from topic, unnest($2::text[], $3::jsonb[], $4::bytea[]) with ordinality as event (key, headers, data, n)
    returning 1
  )
  select count(*)::int as added, pg_notify('bus', $1) from added`;
