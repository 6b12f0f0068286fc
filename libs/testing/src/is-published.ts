import type { Database } from '@crossroads/database';
import { partitionsOf } from '@crossroads/eventsourcing';
import { type PublishedLog, relayOf } from '@crossroads/messaging';

interface PublishingRelay extends Pick<PublishedLog, 'topics'> {
  readonly db: Database;
}

/** Whether everything that was committed before the call has been stamped and published, in all partitions of the topics. */
export const isPublished = async ({ db, topics }: PublishingRelay): Promise<boolean> => {
  for (const [topic, name] of topics) {
    const [row] = await db.query<{ readonly behind: boolean }>(
      `select exists (
         select from unnest($1::smallint[]) p (partition)
           left join lateral (select position from es.log l where l.partition = p.partition order by position desc limit 1) h on true
           left join lateral (select s.position from es.steps s where s.reader = $2 and s.partition = p.partition
             order by s.after desc limit 1) s on true
          where coalesce(s.position, 0) < coalesce(h.position, 0)
             or exists (select from es.events e where e.partition = p.partition
                  and not exists (select from es.log l where l.partition = e.partition and l.month = e.month
                    and l.stream_id = e.stream_id and l.revision = e.revision))) as behind`,
      [partitionsOf(name), relayOf(topic)],
    );
    if (row?.behind === true) return false;
  }
  return true;
};
