import type { Inscription } from '@crossroads/contracts/directory/v1/directory_service';
import type { Caller } from '@crossroads/grpc';
import { InvalidInput } from '@crossroads/grpc/failures';
import type { IsoDay } from '@crossroads/identifiers';
import type { RecordedReason } from '@crossroads/policy';
import { type CompiledDataService, type Decision, decide, type Policy, type Question } from '@crossroads/policy/decide';
import { NO_PARTY } from '@crossroads/transparency';
import type { RequestedService } from '../journal/consultation.message.js';
import type { ConsultInput, DataServiceInput } from './consult.pipe.js';

/** The decision on one data service of a request. */
export type DecidedService =
  | {
      readonly allowed: true;
      readonly requested: DataServiceInput;
      readonly service: CompiledDataService;
      readonly decision: Extract<Decision, { allowed: true }>;
    }
  | {
      readonly allowed: false;
      readonly requested: DataServiceInput;
      readonly reason: RecordedReason;
      /** Why the policy would refuse it about anybody; absent: with an inscription it might be released. */
      readonly policyReason?: RecordedReason;
    };

export interface DecisionContext {
  readonly input: ConsultInput;
  readonly customer: string;
  readonly peer: Caller;
  /** Software asks by itself. */
  readonly withoutOfficial: boolean;
  /** By which the customer knows the person on the day that is asked about. */
  readonly inscriptions: readonly Inscription[];
  readonly today: IsoDay;
}

/**
 * Decides on each data service, all at one revision of the policy. The deliberation must be valid today, the inscription on the
 * day that is asked about. @throws InvalidInput for a field group that a data service does not have.
 */
export const decideServices = (policy: Policy, context: DecisionContext): DecidedService[] =>
  context.input.dataServices.map((requested, index) => decideService(policy, context, requested, index));

const decideService = (
  policy: Policy,
  { input: { legalContext }, customer, peer, withoutOfficial, inscriptions, today }: DecisionContext,
  requested: DataServiceInput,
  index: number,
): DecidedService => {
  const service = policy.dataService(requested.dataService);
  const unknown = service && requested.fieldGroups.findIndex((group) => !service.fieldGroups.has(group));
  if (unknown !== undefined && unknown >= 0)
    throw new InvalidInput({
      field: `data_services[${index}].field_groups[${unknown}]`,
      reason: 'UNKNOWN_FIELD_GROUP',
      description: 'the data service has no such field group',
    });
  const question: Question = {
    customer,
    peer,
    dataService: requested.dataService,
    requestedFieldGroups: requested.fieldGroups,
    legalContext,
    inscriptionContexts: inscriptions.map(({ inscriptionContext }) => inscriptionContext),
    mode: 'online',
    withoutOfficial,
    day: today,
  };
  const decision = decide(policy, question);
  if (!service) {
    const reason = decision.allowed ? 'UNKNOWN_DATA_SERVICE' : decision.reason;
    return { allowed: false, requested, reason, policyReason: reason };
  }
  if (!decision.allowed) {
    const ofAnybody = decide(policy, { ...question, inscriptionContexts: 'any' });
    const refused = { allowed: false, requested, reason: decision.reason } as const;
    return ofAnybody.allowed ? refused : { ...refused, policyReason: ofAnybody.reason };
  }
  return { allowed: true, requested, service, decision };
};

/** As its release names it: what the source is asked for, or, when it is not asked, what was requested. */
export const requestedOf = (decided: DecidedService): RequestedService => {
  if (!decided.allowed) {
    const { dataService, fieldGroups } = decided.requested;
    return { dataService, fieldGroups, deliberationId: '', party: NO_PARTY };
  }
  const { service, decision } = decided;
  return {
    dataService: service.name,
    fieldGroups: decision.fieldGroups,
    deliberationId: decision.deliberationIds[0],
    party: service.supplier?.source ?? NO_PARTY,
  };
};

/** The customer's inscription that the first deliberation relies on; its first one when there is none. */
export const inscriptionOf = (
  policy: Pick<Policy, 'grantsOf'>,
  { input, customer, inscriptions }: DecisionContext,
  decided: readonly DecidedService[],
): Inscription | undefined => {
  for (const one of decided) {
    if (!one.allowed) continue;
    const [deliberationId] = one.decision.deliberationIds;
    const used = [...(policy.grantsOf(customer, one.service.name) ?? [])].filter(
      (grant) => grant.deliberationId === deliberationId && grant.legalContexts.includes(input.legalContext),
    );
    const relied = inscriptions.find(({ inscriptionContext }) =>
      used.some((grant) => grant.inscriptionContexts.includes(inscriptionContext)),
    );
    if (relied !== undefined) return relied;
  }
  return inscriptions[0];
};
