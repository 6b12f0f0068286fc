import { type Migration } from '@crossroads/database';
import { eventStoreMigrations } from '@crossroads/eventsourcing';
import { consumedMigrations, parkingMigrations } from '@crossroads/messaging';

/**
 * Sized for 25.5 M persons and 357 M inscriptions. Inside, a person is a 4-byte number: an event that holds a chunk of a
 * file would otherwise be four times as long.
 */
export const migrations: readonly Migration[] = [
  ...eventStoreMigrations,
  ...consumedMigrations,
  {
    name: 'directory',
    sql: `
create table persons (
  person    int  primary key generated always as identity,
  person_id uuid not null unique
);
comment on table persons is 'Given once: events name persons by this number, so that rows are neither changed nor made anew.';

create table numbers (
  number      uuid   primary key,
  position    bigint not null,
  person      int    not null,
  state       "char" not null check (state in ('V', 'R', 'C')),
  replaced_by uuid
);
comment on column numbers.number is 'the first half of the SHA-256 of the blind index, key id included';
comment on column numbers.position is 'of the last change in the log of the registry: an older one comes too late';
comment on column numbers.person is 'whose the number is by itself, also while persons are one: see merges';

create table merges (
  person   int    primary key,
  position bigint not null,
  survivor int
);
create index merges_survivor on merges (survivor) where survivor is not null;
comment on table merges is 'Persons that became one with another; survivor is null once they were taken apart again.';

create table files (
  file        int  primary key generated always as identity,
  institution text not null,
  context     text not null,
  unique (institution, context)
);
comment on table files is 'Institution and inscription context by the number that rows name them by.';

-- One row a person. Room is left so that a growing row stays on its page, and its index entry with it.
create table inscriptions (
  person int   primary key,
  ssin   bytea,
  packed bytea not null
) with (fillfactor = 70);
alter table inscriptions alter column packed set storage main, alter column ssin set storage plain;
comment on column inscriptions.packed is 'see domain/packing.ts';
comment on column inscriptions.ssin is 'sealed; see view/ssin-seal.ts';
`,
  },
  ...parkingMigrations,
];
