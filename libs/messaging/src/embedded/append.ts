/**
 * The rows of the partitions are locked, in order of their numbers, from the assignment of positions to the commit, so that a later
 * position is never visible before an earlier one. Readers then need no check of `pg_snapshot_xmin`, which would make the whole bus
 * wait for any long transaction of any database in the cluster.
 */
export const APPEND = `
  with event as materialized (
    select event.*, row_number() over (partition by event.partition order by event.n) as nth
    from unnest($2::smallint[], $3::text[], $4::jsonb[], $5::bytea[]) with ordinality as event (partition, key, headers, data, n)
  ), locked as materialized (
    select partition from bus.partitions where topic = $1 and partition = any ($2::smallint[]) order by partition for update
  ), counted as (
    select partition, count(*) as events from event join locked using (partition) group by partition
  ), base as (
    update bus.partitions set last_position = last_position + counted.events from counted
    where partitions.topic = $1 and partitions.partition = counted.partition
    returning partitions.partition, partitions.last_position - counted.events as position
  ), added as (
    insert into bus.messages (topic, partition, position, key, headers, data)
    select $1, event.partition, base.position + event.nth, event.key, event.headers, event.data
    from event join base using (partition)
    returning 1
  )
  select count(*)::int as added, pg_notify('bus', $1) from added`;
