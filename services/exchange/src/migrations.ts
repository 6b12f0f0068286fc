import { eventStoreMigrations, type Migration } from '@crossroads/eventsourcing';

/** The log of the exchange (accesses, refusals, mutations), and who writes to it. */
export const migrations: readonly Migration[] = [
  ...eventStoreMigrations,
  {
    name: 'exchange-instances',
    sql: `
create table exchange_instances (
  instance_id     uuid primary key,
  concluded_below xid8 not null default pg_snapshot_xmin(pg_current_snapshot()),
  gone_since      timestamptz
);
comment on table exchange_instances is 'processes that may have begun accesses without an outcome yet';
comment on column exchange_instances.concluded_below is 'accesses that it began in earlier transactions have their outcome';`,
  },
];
