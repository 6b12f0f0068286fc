/**
 * The topic's row is locked from the assignment of positions to the commit, so that a later position is never visible before an
 * earlier one. Readers then need no check of \`pg_snapshot_xmin\`, which would make the whole bus wait for any long transaction of
 * any database in the cluster.
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
