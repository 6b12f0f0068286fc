import { randomUUID } from 'node:crypto';
import { AccessRecord, AccessResult } from '@crossroads/contracts/access/v1/access_record';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import type { CheckResponse } from '@crossroads/contracts/directory/v1/directory_service';
import type { ConsultResponse } from '@crossroads/contracts/exchange/v1/exchange_service';
import { type RequestKey, uuidV7 } from '@crossroads/eventsourcing';
import { type Caller, FailedPrecondition } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import type { PolicyFollower } from '@crossroads/policy';
import { type Salted, salted } from '@crossroads/transparency';
import type { Access } from '../journal/access.js';
import type { AccessJournal } from '../journal/access-journal.js';
import type { Refused } from '../journal/kept-answer.js';
import type { DataSchemas } from '../sources/data-schemas.js';
import { dateMessage } from '../sources/date-message.js';
import { type Consultation, encodeOutcome, encodeRecord, type Official } from './access-record.js';
import type { AskedConsultation } from './consult-request.js';
import { countDecisions } from './consultation-metrics.js';
import {
  type DecidedService,
  type Deciding,
  decideServices,
  inscriptionContextOf,
  requestedOf,
} from './decide-services.js';
import type { Directory, Sources } from './ports.js';
import type { ReceiptSigner } from './receipt-signer.js';
import { failureOf, refusalOfNumber, refusalOfServices } from './refusals.js';
import { noResult, outcomeOf, type Result, resultOf } from './supplied.js';

/** Who asks, established by the door: certificate, representation, token. */
export interface Asker {
  readonly caller: Extract<Caller, { kind: 'institution' }>;
  readonly customer: string;
  readonly official: Official | undefined;
}

export interface ConsultationsOptions {
  readonly policies: Pick<PolicyFollower, 'policy'>;
  readonly directory: Directory;
  readonly journal: Pick<AccessJournal, 'intend' | 'recordOf' | 'conclude' | 'abandon' | 'refuse'>;
  readonly sources: Sources;
  readonly schemas: DataSchemas;
  readonly sign: ReceiptSigner;
  readonly now: () => Date;
}

/** One request about one person, from the question who that is to the answer, through the journal. */
export class Consultations {
  constructor(private readonly options: ConsultationsOptions) {}

  async consult(asker: Asker, asked: AskedConsultation, request: RequestKey): Promise<ConsultResponse> {
    const checked = await this.options.directory.check(asked.ssin, [asker.customer], asked.day);
    const decision = this.decide(asker, asked, checked);
    if (decision.refused) throw await this.refuse(decision, decision.refused, request);

    const access: Access = {
      journalId: uuidV7(),
      ticket: decision.consultation.ticket,
      personId: checked.personId,
    };
    const record = salted(encodeRecord(decision.consultation));
    const intending = this.options.journal.intend(access, record, request);
    // Signed while the journal is written, and shown to nobody before it is.
    const signing = this.options.sign({ record, time: decision.consultation.time });
    // Should both fail, the journal's failure is the answer; this one is met below, by whoever comes there.
    signing.catch(() => undefined);
    const kept = await intending;
    if (kept?.kind === 'refused') throw failureOf(kept.refused);
    if (kept) return this.repeat(kept.access, decision);
    try {
      return await this.release(access, decision, record, await signing);
    } catch (error) {
      // Nothing left; whatever it was, the journal does not leave the access open.
      this.options.journal.abandon(access);
      throw error;
    }
  }

  /** Without waiting, so that all is decided at one revision of the policy. */
  private decide(asker: Asker, asked: AskedConsultation, { state, personId, inscriptions }: CheckResponse): Decided {
    const policy = this.options.policies.policy();
    const time = this.options.now();
    const inscriptionContexts = inscriptions
      .filter(({ institution }) => institution === asker.customer)
      .map(({ inscriptionContext }) => inscriptionContext);
    const { customer, caller, official } = asker;
    const deciding: Deciding = { asked, customer, peer: caller, inscriptionContexts, today: dayOf(time) };
    const services = decideServices(policy, deciding);
    const ofNumber = refusalOfNumber(state);
    countDecisions(services, ofNumber);
    const consultation: Consultation = {
      ticket: randomUUID(),
      customer,
      peer: caller.enterpriseNumber,
      application: caller.application,
      official,
      legalContext: asked.legalContext,
      inscriptionContext: inscriptionContextOf(policy, deciding, services),
      services: services.map(requestedOf),
      policyRevision: policy.revision,
      personId,
      ssin: asked.ssin,
      time,
    };
    return { asked, deciding, services, consultation, refused: ofNumber ?? refusalOfServices(services) };
  }

  /** Again under the ticket and record of the first time, and never for more than that record names. */
  private async repeat(access: Access, decision: Decided): Promise<ConsultResponse> {
    if (access.personId !== decision.consultation.personId)
      throw new FailedPrecondition(
        'PERSON_CHANGED',
        'the number belongs to another person than when this request was first made; use a new request_id',
      );
    const record = await this.options.journal.recordOf(access);
    const { ticket } = access;
    const receipt = await this.options.sign({ record, time: this.options.now() });
    const services = narrowedTo(record, decision.services);
    const consultation = { ...decision.consultation, ticket };
    return this.release(access, { ...decision, services, consultation }, record, receipt);
  }

  private async release(
    access: Access,
    { asked, deciding, services, consultation }: Decided,
    record: Salted,
    receipt: Receipt,
  ): Promise<ConsultResponse> {
    const { sources, schemas, journal, now } = this.options;
    const request = {
      ticket: access.ticket,
      ssin: asked.ssin,
      customer: consultation.customer,
      legalContext: asked.legalContext,
      asOfDate: dateMessage(asked.day),
      receipt,
      record: Buffer.from(record.bytes),
      recordSalt: Buffer.from(record.salt),
    };
    const answered = await Promise.all(
      services.map(async (decided): Promise<Result> => {
        if (!decided.allowed) return noResult(decided.asked.dataService, decided.reason);
        const { service, decision } = decided;
        const asking = { ...request, dataService: service.name, fieldGroups: decision.fieldGroups };
        const answer = await sources.supply(service, asking);
        return resultOf(decided, asked.ssin, answer, schemas);
      }),
    );
    const results = this.stillAllowed(answered, deciding, consultation.policyRevision);
    const time = now();
    const { ticket } = access;
    const result = AccessResult.ACCESS_RESULT_ANSWERED;
    const outcome = encodeOutcome({ ticket, result, services: results.map(outcomeOf), time });
    await journal.conclude(access, salted(outcome));
    return {
      ticket,
      results: results.map((one) => one.result),
      policyRevision: consultation.policyRevision,
      time,
      receipt,
    };
  }

  /** A grant that ended while a source took its time releases nothing any more. @throws Unavailable `POLICY_STALE` */
  private stillAllowed(answered: readonly Result[], deciding: Deciding, revision: bigint): readonly Result[] {
    const policy = this.options.policies.policy();
    if (policy.revision === revision) return answered;
    const decided = decideServices(policy, deciding);
    return answered.map((result, index) => {
      const now = decided[index];
      if (now === undefined || result.result.data === undefined) return result;
      if (!now.allowed) return noResult(now.asked.dataService, now.reason);
      const granted = new Set(now.decision.fieldGroups);
      if (result.released.every((group) => granted.has(group))) return result;
      return noResult(now.asked.dataService, 'GRANT_CHANGED_MEANWHILE');
    });
  }

  /** What to answer, once it is durable. */
  private async refuse(decision: Decided, refused: Refused, request: RequestKey): Promise<Error> {
    const { consultation } = decision;
    const ticketed = { ...refused, metadata: { ...refused.metadata, ticket: consultation.ticket } };
    const kept = await this.journalRefusal(consultation, decision.services, ticketed, request);
    if (kept === undefined) return failureOf(ticketed);
    if (kept.kind === 'refused') return failureOf(kept.refused);
    // Allowed the first time, and no longer: one more look that was refused, under the same ticket.
    const { ticket } = kept.access;
    const again = { ...refused, metadata: { ...refused.metadata, ticket } };
    await this.journalRefusal({ ...consultation, ticket }, decision.services, again);
    return failureOf(again);
  }

  private journalRefusal(
    consultation: Consultation,
    services: readonly DecidedService[],
    refused: Refused,
    request?: RequestKey,
  ) {
    const { ticket, personId, time } = consultation;
    const outcome = encodeOutcome({
      ticket,
      result: AccessResult.ACCESS_RESULT_REFUSED,
      services: services.map((decided) =>
        outcomeOf(noResult(decided.asked.dataService, decided.allowed ? refused.reason : decided.reason)),
      ),
      time,
      reason: refused.reason,
    });
    const parts = { record: salted(encodeRecord(consultation)), outcome: salted(outcome) };
    return this.options.journal.refuse({ journalId: uuidV7(), ticket, personId }, parts, refused, request);
  }
}

interface Decided {
  readonly asked: AskedConsultation;
  readonly deciding: Deciding;
  readonly services: readonly DecidedService[];
  readonly consultation: Consultation;
  readonly refused: Refused | undefined;
}

/** What was decided, of what a record says was granted and no more. */
const narrowedTo = ({ bytes }: Salted, services: readonly DecidedService[]): readonly DecidedService[] => {
  const named = new Map(
    AccessRecord.decode(bytes)
      .services.filter(({ deliberationId }) => deliberationId !== '')
      .map(({ dataService, fieldGroups }) => [dataService, new Set(fieldGroups)]),
  );
  return services.map((decided): DecidedService => {
    if (!decided.allowed) return decided;
    const { asked, service, decision } = decided;
    const fieldGroups = decision.fieldGroups.filter((group) => named.get(service.name)?.has(group));
    if (fieldGroups.length > 0) return { ...decided, decision: { ...decision, fieldGroups } };
    return { allowed: false, asked, source: service.supplier?.source ?? '', reason: 'NOT_GRANTED_AT_FIRST' };
  });
};
