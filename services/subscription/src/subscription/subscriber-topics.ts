import { Database } from '@crossroads/database';
import { Rejection } from '@crossroads/eventsourcing/decider';
import { TopicProvisioning } from '@crossroads/messaging';
import { DELIVERIES, topicOfInstitution } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import type { SubscriptionReason } from './subscription.decider.js';

/** The topic of one subscriber. */
export const deliveriesTopic = (institution: string): string => topicOfInstitution(DELIVERIES, institution);

/** Creates subscribers' topics. */
@Injectable()
export class SubscriberTopics {
  constructor(
    private readonly db: Database,
    private readonly topics: TopicProvisioning,
  ) {}

  /**
   * Creates the topic when it is absent. The number of its partitions is stored before: a topic is never created with another.
   * @param wanted 0: as many as it has, else 1
   * @returns the number of its partitions
   * @throws Rejection LANES_FIXED
   */
  async ensure(institution: string, wanted: number): Promise<number> {
    await this.db.query(
      'insert into subscriber_topics (institution, lane_count) values ($1, $2) on conflict do nothing',
      [institution, wanted || 1],
    );
    const rows = await this.db.query<{ readonly laneCount: number }>(
      'select lane_count as "laneCount" from subscriber_topics where institution = $1',
      [institution],
    );
    const laneCount = rows[0]?.laneCount ?? 1;
    if (wanted !== 0 && wanted !== laneCount)
      throw new Rejection(
        'LANES_FIXED' satisfies SubscriptionReason,
        'the topic of this institution has another number of partitions, which cannot change; leave `lanes` out',
        { lanes: String(laneCount) },
      );
    await this.topics.ensure(institution, laneCount);
    return laneCount;
  }
}
