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
    left join lateral (
      select ${EVENT} from es.events e where e.month = l.month and e.stream_id = l.stream_id and e.revision = l.revision
      union all
      select ${EVENT} from es.past e where e.month = l.month and e.stream_id = l.stream_id and e.revision = l.revision) e on true
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
  text: `select case when asked.position = 0 then encode(es.seed(asked.partition), 'hex') else encode(coalesce(l.hash, t.hash), 'hex') end as hash
    from unnest($1::smallint[], $2::bigint[]) with ordinality as asked (partition, position, n)
    left join es.log l on l.partition = asked.partition and l.position = asked.position
    left join es.trimmed t on t.partition = asked.partition and t.position = asked.position
    order by asked.n`,
};

/** The place before the first event after a position that is left; where none is left, the last place. */
const LEFT_AFTER = {
  name: 'es-left-after',
  text: `select p.position, encode(coalesce(l.hash, t.hash), 'hex') as hash
    from (select coalesce(
        (select x.position - 1 from es.log x where x.partition = $1 and x.position > $2 and x.month = any ((select es.kept_months())::int[])
          order by x.position limit 1),
        (select x.position from es.log x where x.partition = $1 order by x.position desc limit 1)) as position) p
    left join es.log l on l.partition = $1 and l.position = p.position
    left join es.trimmed t on t.partition = $1 and t.position = p.position`,
};

/** Reads the log, in which each partition has dense positions. It ends with what was stamped last: see `LogStamper`. */
export class LogReader {
  private ids: Promise<ReadonlyMap<LogName, string>> | undefined;

  constructor(private readonly db: Pick<Queryable, 'query'>) {}

  /**
   * The events that follow directly on a position in each of some partitions (see `partitionNumber`): at most `limit` of each, by
   * partition and position. They end before an event that was dropped. @throws LogTrimmed when the first event after a position was
   */
  async read(after: ReadonlyMap<number, bigint>, limit: number): Promise<Logged[]> {
    const rows = await this.db.query<ReadRow>(READ, [[...after.keys()], [...after.values()], limit]);
    const next = new Map(after);
    const events: Logged[] = [];
    for (const row of rows) {
      const { partition, position } = row;
      const reached = next.get(partition) ?? 0n;
      if (position === reached + 1n && isThere(row)) {
        events.push(loggedOf(row));
        next.set(partition, position);
      } else if (reached === after.get(partition)) throw await this.trimmed(partition, reached);
    }
    return events;
  }

  /** What to say to a reader at a place whose next event was dropped, or which lies before what is left. */
  async trimmed(partition: number, position: bigint): Promise<LogTrimmed> {
    const [place] = await this.db.query<Place>(LEFT_AFTER, [partition, position]);
    if (!place) throw new TypeError('the place before the first event that is left was not found');
    return new LogTrimmed(partition, place);
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

/** Events that follow were archived and dropped. */
export class LogTrimmed extends Error {
  override readonly name = 'LogTrimmed';

  constructor(
    readonly partition: number,
    /** After it the log can be read. */
    readonly place: Place,
  ) {
    super('what follows this place in the log was archived and dropped');
  }
}

/** Without its event where that was dropped. */
type ReadRow = LoggedRow | (Pick<LoggedRow, 'partition' | 'position'> & { readonly event_id: null });

const isThere = (row: ReadRow): row is LoggedRow => row.event_id !== null;

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
