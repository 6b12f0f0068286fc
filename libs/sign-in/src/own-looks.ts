import { ServiceIdentity } from '@crossroads/configuration';
import { OwnDataLooked } from '@crossroads/contracts/access/v1/events';
import {
  type NewEvent,
  PostgresEventStore,
  type Recorded,
  storedText,
  WrongExpectedRevision,
} from '@crossroads/eventsourcing';
import { PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { SignedIn } from './citizen-tokens.js';
import { journaledLookIdOf } from './look-id.js';

/** Type of the event that says that a person looked at what the service keeps about them. */
export const OWN_DATA_LOOKED = 'OwnDataLooked';

/**
 * Records that citizens look at what a service keeps about them, in its own log. It is durable before anything is shown. One token is
 * one look: pages and repetitions belong to its record.
 */
@Injectable()
export class OwnLooks {
  constructor(
    private readonly store: PostgresEventStore,
    private readonly policy: PolicyFollower,
    private readonly service: ServiceIdentity,
  ) {}

  /**
   * @param personId as whom they look
   * @param log the one that is published to access-audit
   * @throws Unavailable `POLICY_STALE`
   */
  async record({ portal, token }: SignedIn, personId: string, log: 'main' | 'journal'): Promise<void> {
    const event: NewEvent = {
      type: OWN_DATA_LOOKED,
      data: {
        personId,
        peer: portal.enterpriseNumber,
        application: portal.application,
        ticket: randomUUID(),
        policyRevision: this.policy.policy().revision.toString(),
      },
    };
    const streamId = journaledLookIdOf(token, personId, this.service.name);
    try {
      await this.store.append([
        { streamId, streamType: 'own-look', log, routingKey: personId, expectedRevision: 0n, events: [event] },
      ]);
    } catch (error) {
      // The same token again: the record is there.
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
  }
}

/** What is published of the event. */
export const ownDataLooked = ({ streamId, data }: Pick<Recorded, 'streamId' | 'data'>): OwnDataLooked => ({
  journalId: streamId,
  personId: storedText(data, 'personId'),
  peer: storedText(data, 'peer'),
  application: storedText(data, 'application'),
  ticket: storedText(data, 'ticket'),
  policyRevision: BigInt(storedText(data, 'policyRevision')),
});
