import { Database } from '@crossroads/database';
import { PARTITIONS, PERSON_TOPIC } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';

/** Up to where one partition of a log of the registry was applied. */
export interface FollowedPlace {
  readonly logId: string;
  readonly partition: number;
  readonly position: bigint;
}

/** How far this service has followed the registry. */
export abstract class FollowedPlaces {
  abstract read(): Promise<readonly FollowedPlace[]>;
}

/** The last steps of the reader `<topic> <log id> <generation>`; a resync starts a new generation. */
@Injectable()
export class PostgresFollowedPlaces extends FollowedPlaces {
  constructor(private readonly db: Database) {
    super();
  }

  override read(): Promise<FollowedPlace[]> {
    return this.db.query<FollowedPlace>(PLACES, [`${PERSON_TOPIC} `, PARTITIONS - 1]);
  }
}

// Readers are few and steps are many: each reader is found by the one before it, and its last steps by the primary key.
const PLACES = {
  name: 'followed-places',
  text: `with recursive readers (reader) as (
      (select reader from es.steps order by reader limit 1)
      union all
      select (select s.reader from es.steps s where s.reader > r.reader order by s.reader limit 1)
        from readers r where r.reader is not null),
    followed as (
      select reader, split_part(reader, ' ', 2) as log_id, split_part(reader, ' ', 3)::int as generation
        from readers where starts_with(reader, $1))
    select distinct on (f.log_id, s.partition) f.log_id as "logId", s.partition, s.position
      from followed f cross join generate_series(0, $2::int) p cross join lateral (
        select partition, position from es.steps where reader = f.reader and partition = p::smallint order by after desc limit 1) s
     order by f.log_id, s.partition, f.generation desc`,
};
