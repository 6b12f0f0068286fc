import { randomUUID } from 'node:crypto';
import { Clock } from '@crossroads/configuration';
import { AccessResult } from '@crossroads/contracts/access/v1/access_record';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import type { CheckResponse } from '@crossroads/contracts/directory/v1/directory_service';
import type { ConsultResponse } from '@crossroads/contracts/exchange/v1/exchange_service';
import { isRejection, type RequestKey, uuidV7 } from '@crossroads/eventsourcing';
import type { Caller } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { PersonQuotas, personNotAvailable, PolicyFollower } from '@crossroads/policy';
import { onlyDisclosing, shownToSourceOf } from '@crossroads/request-token';
import { DataSchemas, SourceClient } from '@crossroads/source/client';
import { type BegunRelease, NO_PARTY, releaseMessage } from '@crossroads/transparency';
import { ReceiptSigner } from '@crossroads/transparency/nest';
import { Inject, Injectable } from '@nestjs/common';
import type { Access } from '../journal/access.js';
import { AccessJournal, type RequestToKeep } from '../journal/access-journal.js';
import { type Consultation, type Official, outcomesOf, releasesOf } from '../journal/consultation.message.js';
import type { FirstRequest } from '../journal/first-request.codec.js';
import { dateMessage } from '../sources/date.message.js';
import { DirectoryClient } from '../sources/directory-client.js';
import type { ConsultInput } from './consult.pipe.js';
import { countDecisions, countQuotaExhausted, measureConsultation } from './consultation-metrics.js';
import {
  type DecidedService,
  type DecisionContext,
  decideServices,
  inscriptionOf,
  requestedOf,
} from './decide-services.js';
import { type DecidedRefusal, failureOf, refusalOf, refusalOfNumber, tooMany } from './refusals.js';
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
    @Inject(PersonQuotas) private readonly quotas: Pick<PersonQuotas, 'take'>,
  ) {}

  consult(requester: Requester, input: ConsultInput, request: RequestKey): Promise<ConsultResponse> {
    return measureConsultation(() => this.answer(requester, input, request));
  }

  private async answer(requester: Requester, input: ConsultInput, request: RequestKey): Promise<ConsultResponse> {
    const person = await this.directory.check(input.ssin, [requester.customer], input.day);
    const decision = await this.withinQuota(this.decide(requester, input, person));
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
    const { consultation, refusal } = decision;
    if (refusal) {
      const ticketed = withTicket(refusal, consultation.ticket);
      const first = await this.journalRefusal(decision, ticketed, keep);
      if (first) return first;
      throw failureOf(ticketed.told);
    }
    const { ticket, personId } = consultation;
    const begun = releasesOf(consultation);
    const access: Access = { journalId: uuidV7(), ticket, personId, releases: begun.length };
    const first = await this.journal.intend(access, begun, keep);
    if (first) return first;
    try {
      return { response: await this.release(access, decision, await this.receipted(decision, begun)) };
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
    const context: DecisionContext = {
      input,
      customer,
      peer: caller,
      withoutOfficial: official === undefined,
      inscriptions: inscriptions.filter(({ institution }) => institution === customer),
      today: dayOf(time),
    };
    const services = decideServices(policy, context);
    countDecisions(services, refusalOfNumber(state));
    const consultation: Consultation = {
      ticket: randomUUID(),
      customer,
      peer: caller.enterpriseNumber,
      application: caller.application,
      official,
      legalContext: input.legalContext,
      inscription: inscriptionOf(policy, context, services),
      requestToken: input.requestToken,
      services: services.map(requestedOf),
      policyRevision: policy.revision,
      // A look at a replaced number is refused, and shown to whoever had that number: their list may be apart from the survivor's.
      personId: ownPersonId || personId,
      ssin: input.ssin,
      day: input.day,
      time,
      repeatOf: '',
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
    return { ...decision, refusal: { reason: tooMany.reason, ofServices: false, told: tooMany } };
  }

  /** A receipt for each source that is asked: signed before any of them is. */
  private receipted(
    { services }: ConsultationDecision,
    begun: readonly BegunRelease[],
  ): Promise<readonly (ReceiptedRelease | undefined)[]> {
    return Promise.all(
      begun.map(async (release, index) =>
        services[index]?.allowed ? { release, receipt: await this.signer.sign(release) } : undefined,
      ),
    );
  }

  private async release(
    access: Access,
    { context, services, consultation }: ConsultationDecision,
    receipted: readonly (ReceiptedRelease | undefined)[],
  ): Promise<ConsultResponse> {
    const { input } = context;
    const { ticket } = access;
    const supplied = await Promise.all(
      services.map(async (decided, index): Promise<ServiceResult> => {
        const own = receipted[index];
        if (!decided.allowed) return noResult(decided.requested.dataService, decided.reason);
        if (own === undefined) throw new TypeError('a source would be asked without a receipt');
        const { service, decision } = decided;
        const supplyRequest = {
          ssin: input.ssin,
          dataService: service.name,
          fieldGroups: decision.fieldGroups,
          customer: consultation.customer,
          legalContext: input.legalContext,
          asOfDate: dateMessage(input.day),
          receipt: own.receipt,
          ask: Buffer.from(own.release.ask.bytes),
          askSalt: Buffer.from(own.release.ask.salt),
          requestToken: onlyDisclosing(input.requestToken, shownToSourceOf(service.name)),
        };
        return resultOf(decided, input.ssin, await this.sources.supply(service, supplyRequest), this.schemas);
      }),
    );
    const results = this.stillAllowed(supplied, context, consultation.policyRevision);
    const time = this.clock.now();
    const outcomes = results.map((one, index) => ({ ...outcomeOf(one), result: resultFor(services[index]), time }));
    await this.journal.conclude(access, outcomesOf(outcomes));
    return {
      ticket,
      results: results.map((one, index) => ({ ...one.result, ...copiesOf(receipted[index]) })),
      policyRevision: consultation.policyRevision,
      time,
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

  private async journalRefusal(
    { consultation, services }: Pick<ConsultationDecision, 'consultation' | 'services'>,
    refusal: DecidedRefusal,
    keep: RequestToKeep | undefined,
  ): Promise<FirstRequest | undefined> {
    const { ticket, personId, time } = consultation;
    const result = AccessResult.ACCESS_RESULT_REFUSED;
    const outcomes = services.map((decided) => {
      const reason = refusal.ofServices && !decided.allowed ? decided.reason : refusal.reason;
      return { ...outcomeOf(noResult(decided.requested.dataService, reason)), result, time };
    });
    // None of them reaches a source, whatever was decided of its data service.
    const refused = { ...consultation, services: consultation.services.map((one) => ({ ...one, party: NO_PARTY })) };
    const begun = releasesOf(refused);
    const access = { journalId: uuidV7(), ticket, personId, releases: begun.length };
    try {
      return await this.journal.refuse(access, begun, outcomesOf(outcomes), keep);
    } catch (error) {
      if (!isRejection(error) || personId === '') throw error;
      // Erased a moment ago: the directory will answer soon that nobody has the number, and nobody may see the difference.
      return this.journalRefusal({ consultation: { ...consultation, personId: '' }, services }, refusal, keep);
    }
  }
}

/** What was refused was not asked of its source, though the others were. */
const resultFor = (decided: DecidedService | undefined): AccessResult =>
  decided?.allowed ? AccessResult.ACCESS_RESULT_ANSWERED : AccessResult.ACCESS_RESULT_REFUSED;

interface ReceiptedRelease {
  readonly release: BegunRelease;
  readonly receipt: Receipt;
}

/** The customer gets what the source was shown, and what is behind it. */
const copiesOf = (receipted: ReceiptedRelease | undefined) =>
  receipted === undefined
    ? { receipt: undefined, release: undefined }
    : { receipt: receipted.receipt, release: releaseMessage(receipted.release) };

interface ConsultationDecision {
  readonly context: DecisionContext;
  readonly services: readonly DecidedService[];
  readonly consultation: Consultation;
  readonly refusal: DecidedRefusal | undefined;
}

const withTicket = ({ told, ...decided }: DecidedRefusal, ticket: string): DecidedRefusal => ({
  ...decided,
  told: { ...told, metadata: { ...told.metadata, ticket } },
});
