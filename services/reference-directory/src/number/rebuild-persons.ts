import type { ViewOfLog } from '@crossroads/service';
import { NUMBERED, numberedPersons } from './numbered.codec.js';

/** The table `persons`, from the events that gave the numbers. */
export const personsView: ViewOfLog = {
  from: 'log',
  table: 'persons',
  types: [NUMBERED],
  key: 'person',
  compared: ['person_id'],
  apply: (tx, events) => {
    const persons = events.flatMap(({ data }) => numberedPersons(data));
    return tx.query(
      `insert into persons_rebuilt (person, person_id) overriding system value
        select * from unnest($1::int[], $2::uuid[])`,
      [persons.map(({ person }) => person), persons.map(({ personId }) => personId)],
    );
  },
};
