import { randomUUID } from 'node:crypto';
import { Clock, ServiceIdentity } from '@crossroads/configuration';
import { AccessKind, AccessOutcome, AccessRecord, AccessResult } from '@crossroads/contracts/access/v1/access_record';
import { Database } from '@crossroads/database';
import type { Caller } from '@crossroads/grpc';
import type { Ssin } from '@crossroads/identifiers';
import { PolicyFollower } from '@crossroads/policy';
import { salted } from '@crossroads/transparency';
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
    const record = AccessRecord.encode({
      recordVersion: 1,
      ticket,
      kind: AccessKind.ACCESS_KIND_SELF_CONSULTATION,
      customer: '',
      peer: caller.kind === 'institution' ? caller.enterpriseNumber : '',
      application: caller.kind === 'institution' ? caller.application : caller.name,
      officialRole: '',
      officialId: '',
      legalContext: '',
      inscriptionContext: '',
      services: [],
      policyRevision: this.policy.policy().revision,
      personId,
      ssins: [ssin],
      time,
      subscriptionId: '',
      mail: undefined,
      proposal: undefined,
    }).finish();
    const result = AccessResult.ACCESS_RESULT_ANSWERED;
    const outcome = AccessOutcome.encode({
      outcomeVersion: 1,
      ticket,
      result,
      services: [],
      time,
      reason: '',
    }).finish();
    const step = { journalId, personId, revision: 1, record: salted(record), outcome: salted(outcome) };
    await this.db.transaction((tx) => this.log.add(tx, [{ ...step, ceSource: this.service.urn, ceId: journalId }]));
  }
}
