import { randomUUID } from 'node:crypto';
import { Clock, ServiceIdentity } from '@crossroads/configuration';
import { AccessKind, AccessResult } from '@crossroads/contracts/access/v1/access_record';
import { Database } from '@crossroads/database';
import { WrongExpectedRevision } from '@crossroads/eventsourcing';
import { PolicyFollower } from '@crossroads/policy';
import { type Citizen, lookIdOf } from '@crossroads/sign-in';
import { beginRelease, NO_PARTY, outcomeWithoutData, releaseMessage } from '@crossroads/transparency';
import { Injectable } from '@nestjs/common';
import { AccessLog } from '../access-log/access-log.js';

/**
 * Records that a citizen read the own list. The record is durable before anything is shown. One token is one look at a list: pages and
 * repetitions belong to its record.
 */
@Injectable()
export class SelfConsultations {
  constructor(
    private readonly db: Database,
    private readonly log: AccessLog,
    private readonly policy: PolicyFollower,
    private readonly clock: Clock,
    private readonly service: ServiceIdentity,
  ) {}

  /** @param ownerId whose list: the person's own id, or that of an enterprise */
  async record({ ssin, portal, token }: Pick<Citizen, 'ssin' | 'portal' | 'token'>, ownerId: string): Promise<void> {
    const [journalId, ticket, time] = [lookIdOf(token, ownerId), randomUUID(), this.clock.now()];
    const release = beginRelease(
      {
        party: NO_PARTY,
        ssin,
        customer: '',
        dataService: '',
        fieldGroups: [],
        legalContext: '',
        deliberationId: '',
        asOfDate: undefined,
        kind: AccessKind.ACCESS_KIND_SELF_CONSULTATION,
        mail: undefined,
        proposal: undefined,
      },
      {
        ticket,
        peer: portal.enterpriseNumber,
        application: portal.application,
        officialRole: '',
        officialId: '',
        requestTokenHash: Buffer.alloc(0),
        inscription: undefined,
        policyRevision: this.policy.policy().revision,
        subscriptionId: '',
        repeatOf: '',
        mail: undefined,
      },
      time,
    );
    const outcome = outcomeWithoutData(AccessResult.ACCESS_RESULT_ANSWERED, time);
    const step = { journalId, personId: ownerId, revision: 1, releases: [releaseMessage({ ...release, outcome })] };
    try {
      await this.db.transaction((tx) => this.log.add(tx, [{ ...step, ceSource: this.service.urn, ceId: journalId }]));
    } catch (error) {
      // The same token at the same time: the record is there.
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
  }
}
