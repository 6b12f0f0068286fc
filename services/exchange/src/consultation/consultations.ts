import { randomUUID } from 'node:crypto';
import { Clock } from '@crossroads/configuration';
import { AccessResult } from '@crossroads/contracts/access/v1/access_record';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import type { CheckResponse } from '@crossroads/contracts/directory/v1/directory_service';
import type { ConsultResponse } from '@crossroads/contracts/exchange/v1/exchange_service';
import { type RequestKey, uuidV7 } from '@crossroads/eventsourcing';
import type { Caller } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { PolicyFollower } from '@crossroads/policy';
import { onlyDisclosing, shownToSourceOf } from '@crossroads/request-token';
import { DataSchemas, SourceClient } from '@crossroads/source/client';
import { type Salted, salted } from '@crossroads/transparency';
import { ReceiptSigner } from '@crossroads/transparency/nest';
import { Inject, Injectable } from '@nestjs/common';
import type { Access } from '../journal/access.js';
import { AccessJournal, type RequestToKeep } from '../journal/access-journal.js';
import { type Consultation, encodeOutcome, encodeRecord, type Official } from '../journal/access-record.message.js';
import type { FirstRequest } from '../journal/first-request.codec.js';
import { dateMessage } from '../sources/date.message.js';
import { DirectoryClient } from '../sources/directory-client.js';
import type { ConsultInput } from './consult.pipe.js';
import { countDecisions, measureConsultation } from './consultation-metrics.js';
import {
  type DecidedService,
  type DecisionContext,
  decideServices,
  inscriptionContextOf,
  requestedOf,
} from './decide-services.js';
import { failureOf, type Refusal, refusalOfNumber, refusalOfServices } from './refusals.js';
import { boundTo, requireRepeatable } from './repetitions.js';
import { noResult, outcomeOf, resultOf, type ServiceResult } from './service-result.js';

/** Who makes a request: the certificate's application, the institution it acts for, and the official of its token; absent: software by itself. */
export interface Requester {
  readonly caller: Extract<Caller, { kind: 'institution' }>;
  readonly customer: string;
  readonly official: Official | undefined;
}

/** One request about one person, from identification to the answer. Every step goes through the access journal. */
@Injectable()
export class Consultations {
  constructor(
    @Inject(PolicyFollower) private readonly policies: Pick<PolicyFollower, 'policy'>,
    @Inject(DirectoryClient) private readonly directory: Pick<DirectoryClient, 'check'>,
    @Inject(AccessJournal)
    private readonly journal: Pick<AccessJournal, 'intend' | 'conclude' | 'abandon' | 'refuse'>,
    @Inject(SourceClient) private readonly sources: Pick<SourceClient, 'supply'>,
    private readonly schemas: DataSchemas,
    @Inject(ReceiptSigner) private readonly signer: Pick<ReceiptSigner, 'sign'>,
    private readonly clock: Clock,
  ) {}

  consult(requester: Requester, input: ConsultInput, request: RequestKey): Promise<ConsultResponse> {
    return measureConsultation(() => this.answer(requester, input, request));
  }

  private async answer(requester: Requester, input: ConsultInput, request: RequestKey): Promise<ConsultResponse> {
    const person = await this.directory.check(input.ssin, [requester.customer], input.day);
    const decision = this.decide(requester, input, person);
    const { time } = decision.consultation;
    const first = await this.attempt(decision, { key: boundTo(request, input, requester), time });
    if ('response' in first) return first.response;
    requireRepeatable(first, time);
    const repeated = { ...decision, consultation: { ...decision.consultation, repeatOf: first.ticket } };
    const again = await this.attempt(repeated);
    if ('response' in again) return again.response;
    throw new TypeError('an access that keeps no request id met another request');
  }

  /** One release or one refusal, with a record of its own. @returns the first request under this id, when there was one: nothing happened then */
  private async attempt(
    decision: ConsultationDecision,
    keep?: RequestToKeep,
  ): Promise<{ readonly response: ConsultResponse } | FirstRequest> {
    const { consultation, services, refusal } = decision;
    if (refusal) {
      const ticketed = withTicket(refusal, consultation.ticket);
      const first = await this.journalRefusal(consultation, services, ticketed, keep);
      if (first) return first;
      throw failureOf(ticketed);
    }
    const access: Access = { journalId: uuidV7(), ticket: consultation.ticket, personId: consultation.personId };
    const record = salted(encodeRecord(consultation));
    const first = await this.journal.intend(access, record, keep);
    if (first) return first;
    try {
      const receipt = await this.signer.sign(record, consultation.time);
      return { response: await this.release(access, decision, record, receipt) };
    } catch (error) {
      // Nothing was released; the journal closes the access.
      this.journal.abandon(access);
      throw error;
    }
  }

  /** Synchronous, so that everything is decided at one revision of the policy. */
  private decide(
    { customer, caller, official }: Requester,
    input: ConsultInput,
    { state, personId, inscriptions }: CheckResponse,
  ): ConsultationDecision {
    const policy = this.policies.policy();
    const time = this.clock.now();
    const inscriptionContexts = inscriptions
      .filter(({ institution }) => institution === customer)
      .map(({ inscriptionContext }) => inscriptionContext);
    const context: DecisionContext = {
      input,
      customer,
      peer: caller,
      withoutOfficial: official === undefined,
      inscriptionContexts,
      today: dayOf(time),
    };
    const services = decideServices(policy, context);
    const ofNumber = refusalOfNumber(state);
    countDecisions(services, ofNumber);
    const consultation: Consultation = {
      ticket: randomUUID(),
      customer,
      peer: caller.enterpriseNumber,
      application: caller.application,
      official,
      legalContext: input.legalContext,
      inscriptionContext: inscriptionContextOf(policy, context, services),
      services: services.map(requestedOf),
      policyRevision: policy.revision,
      personId,
      ssin: input.ssin,
      time,
      repeatOf: '',
    };
    return { context, services, consultation, refusal: ofNumber ?? refusalOfServices(services) };
  }

  private async release(
    access: Access,
    { context, services, consultation }: ConsultationDecision,
    record: Salted,
    receipt: Receipt,
  ): Promise<ConsultResponse> {
    const { input } = context;
    const { ticket } = access;
    const request = {
      ticket,
      ssin: input.ssin,
      customer: consultation.customer,
      legalContext: input.legalContext,
      asOfDate: dateMessage(input.day),
      receipt,
      record: Buffer.from(record.bytes),
      recordSalt: Buffer.from(record.salt),
    };
    const supplied = await Promise.all(
      services.map(async (decided): Promise<ServiceResult> => {
        if (!decided.allowed) return noResult(decided.requested.dataService, decided.reason);
        const { service, decision } = decided;
        const requestToken = onlyDisclosing(input.requestToken, shownToSourceOf(service.name));
        const supplyRequest = {
          ...request,
          dataService: service.name,
          fieldGroups: decision.fieldGroups,
          requestToken,
        };
        return resultOf(decided, input.ssin, await this.sources.supply(service, supplyRequest), this.schemas);
      }),
    );
    const results = this.stillAllowed(supplied, context, consultation.policyRevision);
    const time = this.clock.now();
    const result = AccessResult.ACCESS_RESULT_ANSWERED;
    await this.journal.conclude(
      access,
      salted(encodeOutcome({ ticket, result, services: results.map(outcomeOf), time })),
    );
    return {
      ticket,
      results: results.map((one) => one.result),
      policyRevision: consultation.policyRevision,
      time,
      receipt,
    };
  }

  /** Withholds data whose grant ended while the source was answering. @throws Unavailable `POLICY_STALE` */
  private stillAllowed(
    results: readonly ServiceResult[],
    context: DecisionContext,
    revision: bigint,
  ): readonly ServiceResult[] {
    const policy = this.policies.policy();
    if (policy.revision === revision) return results;
    const decided = decideServices(policy, context);
    return results.map((result, index) => {
      const now = decided[index];
      if (now === undefined || result.result.data === undefined) return result;
      if (!now.allowed) return noResult(now.requested.dataService, now.reason);
      const granted = new Set(now.decision.fieldGroups);
      if (result.released.every((group) => granted.has(group))) return result;
      return noResult(now.requested.dataService, 'GRANT_CHANGED_MEANWHILE');
    });
  }

  private journalRefusal(
    consultation: Consultation,
    services: readonly DecidedService[],
    refusal: Refusal,
    keep: RequestToKeep | undefined,
  ): Promise<FirstRequest | undefined> {
    const { ticket, personId, time } = consultation;
    const outcome = encodeOutcome({
      ticket,
      result: AccessResult.ACCESS_RESULT_REFUSED,
      services: services.map((decided) =>
        outcomeOf(noResult(decided.requested.dataService, decided.allowed ? refusal.reason : decided.reason)),
      ),
      time,
      reason: refusal.reason,
    });
    const parts = { record: salted(encodeRecord(consultation)), outcome: salted(outcome) };
    return this.journal.refuse({ journalId: uuidV7(), ticket, personId }, parts, keep);
  }
}

interface ConsultationDecision {
  readonly context: DecisionContext;
  readonly services: readonly DecidedService[];
  readonly consultation: Consultation;
  readonly refusal: Refusal | undefined;
}

const withTicket = (refusal: Refusal, ticket: string): Refusal => ({
  ...refusal,
  metadata: { ...refusal.metadata, ticket },
});
