/** Parameters: name, retention in days, partitions. One that exists stays as it is. */
export const CREATE_TOPIC = `with added as (
    insert into bus.topics (name, retention_days, partitions) values ($1, $2, $3) on conflict (name) do nothing
    returning name, partitions
  )
  insert into bus.partitions (topic, partition)
  select name, partition from added, generate_series(0, partitions - 1) as partition`;
