import { Bus } from '@crossroads/messaging';
import { PolicyFollower } from '@crossroads/policy';
import { DELIVERIES, topicOfInstitution } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';

/** The topic of one subscriber. */
export const deliveriesTopic = (institution: string): string => topicOfInstitution(DELIVERIES, institution);

/** Creates the topics of subscribers, each readable by the applications that its institution has registered. */
@Injectable()
export class SubscriberTopics {
  constructor(
    private readonly bus: Bus,
    private readonly policy: PolicyFollower,
  ) {}

  /** Changes nothing when topic and readers are there already. @throws BrokerUnavailable */
  async ensure(institution: string): Promise<void> {
    await this.bus.requireOpen().ensureTopic({
      name: deliveriesTopic(institution),
      partitions: 1,
      retentionDays: DELIVERIES.retentionDays,
      readers: this.policy
        .policy()
        .applicationsOf(institution)
        .map((application) => `CN=${application},O=${institution}`),
    });
  }
}
