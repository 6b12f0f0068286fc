/** Whose list an access stands in, and where in it. What was asked stays in the log, sealed: rows only point there. */
export const accesses = {
  name: '0001-accesses',
  sql: `
    create table accesses (
      journal_id uuid primary key,
      person_id  uuid        not null,
      at         timestamptz not null,
      own_look   boolean     not null
    );
    create index accesses_of_person on accesses (person_id, at desc, journal_id desc);
  `,
};
