import { Database } from '@crossroads/database';
import { Rejection } from '@crossroads/eventsourcing/decider';
import { Unavailable } from '@crossroads/grpc';
import { Bus, institutionTopic } from '@crossroads/messaging';
import { DELIVERIES, topicOfInstitution } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import type { SubscriptionReason } from './subscription.decider.js';

/** The topic of one subscriber. */
export const deliveriesTopic = (institution: string): string => topicOfInstitution(DELIVERIES, institution);

/** How many lanes of its topic a subscriber uses. The broker-keeper creates the topics, with room for the most lanes. */
@Injectable()
export class SubscriberTopics {
  constructor(
    private readonly db: Database,
    private readonly bus: Bus,
  ) {}

  /**
   * Waits for the topic. The number of lanes is stored with the first subscription, and stays.
   * @param wanted 0: as many as it has, else 1
   * @returns the number of lanes
   * @throws Rejection LANES_FIXED; Unavailable TOPIC_NOT_THERE
   */
  async lanesOf(institution: string, wanted: number): Promise<number> {
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
    const partitions = await institutionTopic(this.bus.requireOpen(), deliveriesTopic(institution));
    if (partitions < laneCount)
      throw new Unavailable(
        'TOPIC_TOO_NARROW',
        'the topic of the institution has fewer partitions than lanes; an administrator of the broker must add some',
        { metadata: { partitions: String(partitions), lanes: String(laneCount) } },
      );
    return laneCount;
  }
}
