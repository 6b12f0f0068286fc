import type { Database, Queryable } from '@crossroads/database';
import { LogReader } from '../log/log-reader.js';
import { partitionsOf } from '../log/partitions.js';
import type { Place } from '../place.js';
import type { LogEvent, ViewSource } from './view.js';

/**
 * The stamped events after the places, and all that are not stamped yet. Those are found as `es.stamp` finds them: by the snapshot of the
 * last row of the partition, in the same statement, so that none is in neither part.
 */
const REST = `
  select e.stream_id as "streamId", e.revision, e.event_id as id, e.type, e.data, e.recorded_at as "recordedAt" from unnest($1::smallint[], $2::bigint[]) asked (partition, after)
    left join lateral (select * from es.log x where x.partition = asked.partition order by x.position desc limit 1) h on true
    cross join lateral (
      select e.serial, e.stream_id, e.revision, e.event_id, e.type, e.data, e.recorded_at from es.log l join es.events e using (month, stream_id, revision)
       where l.partition = asked.partition and l.position > asked.after
      union all
      select u.serial, u.stream_id, u.revision, u.event_id, u.type, u.data, u.recorded_at from (
        select * from es.events n where n.partition = asked.partition
           and n.transaction_id >= pg_snapshot_xmax(coalesce(h.snapshot, '1:1:'))
        union all
        select * from es.events n where n.partition = asked.partition
           and n.transaction_id = any (array(select pg_snapshot_xip(h.snapshot)))) u
       where h.target is null or u.serial > h.serial or not pg_visible_in_snapshot(u.transaction_id, h.target)) e
   order by e.serial`;

/** The main log of this service, as a view follows it whose rows are written in the transaction of the append. */
export const ownLog = (db: Database): ViewSource<LogEvent> => {
  const log = new LogReader(db);
  const partitions = partitionsOf('main');
  return {
    partitions,
    heads: () => log.heads(partitions),
    batches: async function* (partition, after, limit, signal) {
      for (let from = after.position; ; ) {
        signal.throwIfAborted();
        const events = await log.read(new Map([[partition, from]]), limit);
        const last = events.at(-1);
        if (last === undefined) return;
        yield { events, place: last.place };
        if (events.length < limit) return;
        from = last.place.position;
      }
    },
    rest: (tx: Queryable, after: ReadonlyMap<number, Place>) =>
      tx.query<LogEvent>(REST, [partitions, partitions.map((one) => after.get(one)?.position ?? 0n)]),
  };
};
