import { randomUUID } from 'node:crypto';
import { Clock, ServiceIdentity } from '@crossroads/configuration';
import { AccessKind, AccessResult } from '@crossroads/contracts/access/v1/access_record';
import { Database } from '@crossroads/database';
import type { Caller } from '@crossroads/grpc';
import type { Ssin } from '@crossroads/identifiers';
import { PolicyFollower } from '@crossroads/policy';
import { beginRelease, NO_PARTY, outcomeWithoutData, releaseMessage } from '@crossroads/transparency';
import { Injectable } from '@nestjs/common';
import { AccessLog } from '../access-log/access-log.js';

/** Records that a citizen read the own list. The record is durable before anything is shown. */
@Injectable()
export class SelfConsultations {
  constructor(
    private readonly db: Database,
    private readonly log: AccessLog,
    private readonly policy: PolicyFollower,
    private readonly clock: Clock,
    private readonly service: ServiceIdentity,
  ) {}

  async record(caller: Caller, ssin: Ssin, personId: string): Promise<void> {
    const [journalId, ticket, time] = [randomUUID(), randomUUID(), this.clock.now()];
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
        peer: caller.kind === 'institution' ? caller.enterpriseNumber : '',
        application: caller.kind === 'institution' ? caller.application : caller.name,
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
    const step = { journalId, personId, revision: 1, releases: [releaseMessage({ ...release, outcome })] };
    await this.db.transaction((tx) => this.log.add(tx, [{ ...step, ceSource: this.service.urn, ceId: journalId }]));
  }
}
