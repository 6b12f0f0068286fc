import type { Queryable } from '@crossroads/database';
import type { Logged } from '../event-store.js';
import type { Place } from '../place.js';
import { type EventRow, recordedOf } from '../postgres-event-store.js';
import type { LogName } from './partitions.js';

const EVENT = `e.event_id, e.stream_type, e.type, e.schema_version, e.recorded_at, e.data, e.metadata`;

const READ = {
  name: 'es-read-log',
  text: `select l.partition, l.position, l.serial, encode(l.hash, 'hex') as hash, l.stream_id, l.revision, ${EVENT}
    from unnest($1::smallint[], $2::bigint[]) as asked (partition, after)
    cross join lateral (
      select * from es.log x where x.partition = asked.partition and x.position > asked.after order by x.position limit $3) l
    cross join lateral (
      select ${EVENT} from es.events e where e.month = l.month and e.stream_id = l.stream_id and e.revision = l.revision
      union all
      select ${EVENT} from es.past e where e.month = l.month and e.stream_id = l.stream_id and e.revision = l.revision) e
    order by l.partition, l.position`,
};

const HEADS = {
  name: 'es-heads',
  text: `select asked.partition, coalesce(h.position, 0) as position, encode(coalesce(h.hash, es.seed(asked.partition)), 'hex') as hash
    from unnest($1::smallint[]) as asked (partition)
    left join lateral (select x.position, x.hash from es.log x where x.partition = asked.partition order by x.position desc limit 1) h
      on true`,
};

const HASHES = {
  name: 'es-hashes',
  text: `select case when asked.position = 0 then encode(es.seed(asked.partition), 'hex') else encode(l.hash, 'hex') end as hash
    from unnest($1::smallint[], $2::bigint[]) with ordinality as asked (partition, position, n)
    left join es.log l on l.partition = asked.partition and l.position = asked.position
    order by asked.n`,
};

/** Reads the log, in which each partition has dense positions. It ends with what was stamped last: see `LogStamper`. */
export class LogReader {
  private ids: Promise<ReadonlyMap<LogName, string>> | undefined;

  constructor(private readonly db: Pick<Queryable, 'query'>) {}

  /**
   * The events after a position in each of some partitions (see `partitionNumber`): at most `limit` of each, by partition and position.
   * Events that were archived are absent.
   */
  async read(after: ReadonlyMap<number, bigint>, limit: number): Promise<Logged[]> {
    const rows = await this.db.query<LoggedRow>(READ, [[...after.keys()], [...after.values()], limit]);
    return rows.map(loggedOf);
  }

  /** The last place of each partition; position 0n where it is empty. */
  async heads(partitions: readonly number[]): Promise<Map<number, Place>> {
    const rows = await this.db.query<Place & { readonly partition: number }>(HEADS, [partitions]);
    return new Map(rows.map(({ partition, position, hash }) => [partition, { position, hash }]));
  }

  /** The hash at each position, in their order; null where the log has no such position. */
  async hashesAt(
    places: readonly { readonly partition: number; readonly position: bigint }[],
  ): Promise<(string | null)[]> {
    const rows = await this.db.query<{ readonly hash: string | null }>(HASHES, [
      places.map(({ partition }) => partition),
      places.map(({ position }) => position),
    ]);
    return rows.map(({ hash }) => hash);
  }

  /** The ids of the logs. They never change. */
  logIds(): Promise<ReadonlyMap<LogName, string>> {
    this.ids ??= this.db
      .query<{ name: LogName; log_id: string }>('select name, log_id from es.logs')
      .then((rows) => new Map(rows.map((row) => [row.name, row.log_id])))
      .catch((error: unknown) => {
        this.ids = undefined;
        throw error;
      });
    return this.ids;
  }
}

export interface LoggedRow extends EventRow {
  readonly partition: number;
  readonly position: bigint;
  readonly serial: bigint;
  /** Hexadecimal. */
  readonly hash: string;
}

export const loggedOf = (row: LoggedRow): Logged => ({
  ...recordedOf(row),
  partition: row.partition,
  place: { position: row.position, hash: row.hash },
  serial: row.serial,
});
