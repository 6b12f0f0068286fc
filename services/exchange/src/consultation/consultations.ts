import { randomUUID } from 'node:crypto';
import { Clock } from '@crossroads/configuration';
import { AccessRecord, AccessResult } from '@crossroads/contracts/access/v1/access_record';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import type { CheckResponse } from '@crossroads/contracts/directory/v1/directory_service';
import type { ConsultResponse } from '@crossroads/contracts/exchange/v1/exchange_service';
import { isRejection, type RequestKey, uuidV7 } from '@crossroads/eventsourcing';
import { type Caller, FailedPrecondition } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { PersonQuotas, personNotAvailable, PolicyFollower } from '@crossroads/policy';
import type { Official } from '@crossroads/sign-in';
import { DataSchemas, SourceClient } from '@crossroads/source/client';
import { type Salted, salted } from '@crossroads/transparency';
import { ReceiptSigner } from '@crossroads/transparency/nest';
import { Inject, Injectable } from '@nestjs/common';
import type { Access } from '../journal/access.js';
import { AccessJournal } from '../journal/access-journal.js';
import { type Consultation, encodeOutcome, encodeRecord } from '../journal/access-record.message.js';
import type { StoredAnswer } from '../journal/stored-answer.codec.js';
import { dateMessage } from '../sources/date.message.js';
import { DirectoryClient } from '../sources/directory-client.js';
import type { ConsultInput } from './consult.pipe.js';
import { countDecisions, countQuotaExhausted, measureConsultation } from './consultation-metrics.js';
import {
  type DecidedService,
  type DecisionContext,
  decideServices,
  inscriptionContextOf,
  requestedOf,
} from './decide-services.js';
import { type DecidedRefusal, failureOf, refusalOf, refusalOfNumber, tooMany } from './refusals.js';
import { noResult, outcomeOf, resultOf, type ServiceResult } from './service-result.js';

/** Who makes a request: the certificate's application, the institution it acts for, and the official of the token. */
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
    private readonly journal: Pick<AccessJournal, 'intend' | 'recordOf' | 'conclude' | 'abandon' | 'refuse'>,
    @Inject(SourceClient) private readonly sources: Pick<SourceClient, 'supply'>,
    private readonly schemas: DataSchemas,
    @Inject(ReceiptSigner) private readonly signer: Pick<ReceiptSigner, 'sign'>,
    private readonly clock: Clock,
    @Inject(PersonQuotas) private readonly quotas: Pick<PersonQuotas, 'take'>,
  ) {}

  consult(requester: Requester, input: ConsultInput, request: RequestKey): Promise<ConsultResponse> {
    return measureConsultation(() => this.answer(requester, input, request));
  }

  private async answer(requester: Requester, input: ConsultInput, request: RequestKey): Promise<ConsultResponse> {
    const person = await this.directory.check(input.ssin, [requester.customer], input.day);
    const decision = await this.withinQuota(this.decide(requester, input, person));
    if (decision.refusal) throw await this.refuse(decision, decision.refusal, request);

    const { ticket } = decision.consultation;
    const access: Access = { journalId: uuidV7(), ticket, personId: person.personId };
    const record = salted(encodeRecord(decision.consultation));
    const stored = await this.journal.intend(access, record, request);
    if (stored?.kind === 'refused') throw failureOf(stored.refusal);
    if (stored) return this.repeat(stored.access, decision);
    try {
      const receipt = await this.signer.sign(record, decision.consultation.time);
      return await this.release(access, decision, record, receipt);
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
    { state, personId, ownPersonId, inscriptions }: CheckResponse,
  ): ConsultationDecision {
    const policy = this.policies.policy();
    const time = this.clock.now();
    const inscriptionContexts = inscriptions
      .filter(({ institution }) => institution === customer)
      .map(({ inscriptionContext }) => inscriptionContext);
    const context: DecisionContext = { input, customer, peer: caller, inscriptionContexts, today: dayOf(time) };
    const services = decideServices(policy, context);
    countDecisions(services, refusalOfNumber(state));
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
      // A look at a replaced number is refused, and shown to whoever had that number: their list may be apart from the survivor's.
      personId: ownPersonId || personId,
      ssin: input.ssin,
      time,
    };
    return { context, services, consultation, refusal: refusalOf(state, services) };
  }

  /** Refuses a person more than the customer may ask about today: those about whom it is answered and the others count apart. */
  private async withinQuota(decision: ConsultationDecision): Promise<ConsultationDecision> {
    const { consultation, refusal } = decision;
    const { customer, personId, ssin } = consultation;
    if (refusal && refusal.told.reason !== personNotAvailable.reason) return decision;
    const isWithin = refusal
      ? await this.quotas.take(customer, 'misses', ssin)
      : await this.quotas.take(customer, 'consulted', personId);
    if (isWithin) return decision;
    countQuotaExhausted();
    return { ...decision, refusal: { reason: tooMany.reason, told: tooMany } };
  }

  /** Answers a repeated request under the ticket and record of the first one, and for no more than that record names. */
  private async repeat(access: Access, decision: ConsultationDecision): Promise<ConsultResponse> {
    if (access.personId !== decision.consultation.personId)
      throw new FailedPrecondition(
        'PERSON_CHANGED',
        'the number belongs to another person than when this request was first made; use a new request_id',
      );
    const record = await this.journal.recordOf(access);
    const receipt = await this.signer.sign(record, this.clock.now());
    const services = narrowedTo(record, decision.services);
    const consultation = { ...decision.consultation, ticket: access.ticket };
    return this.release(access, { ...decision, services, consultation }, record, receipt);
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
        const supplyRequest = { ...request, dataService: service.name, fieldGroups: decision.fieldGroups };
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

  /** Stores the refusal, and returns the error to answer with. */
  private async refuse(decision: ConsultationDecision, refusal: DecidedRefusal, request: RequestKey): Promise<Error> {
    const { consultation, services } = decision;
    const ticketed = withTicket(refusal, consultation.ticket);
    const stored = await this.journalRefusal(consultation, services, ticketed, request);
    if (stored === undefined) return failureOf(ticketed.told);
    if (stored.kind === 'refused') return failureOf(stored.refusal);
    // The first request was allowed and this repetition is not: it is one more refused access under the same ticket.
    const { ticket } = stored.access;
    const repeated = withTicket(refusal, ticket);
    await this.journalRefusal({ ...consultation, ticket }, services, repeated);
    return failureOf(repeated.told);
  }

  private async journalRefusal(
    consultation: Consultation,
    services: readonly DecidedService[],
    refusal: DecidedRefusal,
    request?: RequestKey,
  ): Promise<StoredAnswer | undefined> {
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
    try {
      return await this.journal.refuse({ journalId: uuidV7(), ticket, personId }, parts, refusal.told, request);
    } catch (error) {
      if (!isRejection(error) || personId === '') throw error;
      // Erased a moment ago: the directory will answer soon that nobody has the number, and nobody may see the difference.
      return this.journalRefusal({ ...consultation, personId: '' }, services, refusal, request);
    }
  }
}

interface ConsultationDecision {
  readonly context: DecisionContext;
  readonly services: readonly DecidedService[];
  readonly consultation: Consultation;
  readonly refusal: DecidedRefusal | undefined;
}

const withTicket = ({ reason, told }: DecidedRefusal, ticket: string): DecidedRefusal => ({
  reason,
  told: { ...told, metadata: { ...told.metadata, ticket } },
});

/** The decisions, limited to the field groups that a record says were granted. */
const narrowedTo = ({ bytes }: Salted, services: readonly DecidedService[]): readonly DecidedService[] => {
  const recorded = new Map(
    AccessRecord.decode(bytes)
      .services.filter(({ deliberationId }) => deliberationId !== '')
      .map(({ dataService, fieldGroups }) => [dataService, new Set(fieldGroups)]),
  );
  return services.map((decided): DecidedService => {
    if (!decided.allowed) return decided;
    const { requested, service, decision } = decided;
    const fieldGroups = decision.fieldGroups.filter((group) => recorded.get(service.name)?.has(group));
    if (fieldGroups.length > 0) return { ...decided, decision: { ...decision, fieldGroups } };
    return { allowed: false, requested, source: service.supplier?.source ?? '', reason: 'NOT_GRANTED_AT_FIRST' };
  });
};
