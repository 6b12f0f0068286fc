import type { RequestedService } from '@crossroads/contracts/access/v1/access_record';
import type { Caller } from '@crossroads/grpc';
import { InvalidInput } from '@crossroads/grpc/failures';
import type { IsoDay } from '@crossroads/identifiers';
import { type CompiledDataService, type Decision, decide, type Policy, type Question } from '@crossroads/policy/decide';
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
      readonly source: string;
      readonly reason: string;
      /** Why the policy would refuse it about anybody; absent: with an inscription it might be released. */
      readonly policyReason?: string;
    };

export interface DecisionContext {
  readonly input: ConsultInput;
  readonly customer: string;
  readonly peer: Caller;
  /** The contexts in which the customer inscribed the person. */
  readonly inscriptionContexts: readonly string[];
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
  { input: { legalContext }, customer, peer, inscriptionContexts, today }: DecisionContext,
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
    inscriptionContexts,
    mode: 'online',
    day: today,
  };
  const decision = decide(policy, question);
  const source = service?.supplier?.source ?? '';
  if (!service) {
    const reason = decision.allowed ? 'UNKNOWN_DATA_SERVICE' : decision.reason;
    return { allowed: false, requested, source, reason, policyReason: reason };
  }
  if (!decision.allowed) {
    const ofAnybody = decide(policy, { ...question, inscriptionContexts: 'any' });
    const refused = { allowed: false, requested, source, reason: decision.reason } as const;
    return ofAnybody.allowed ? refused : { ...refused, policyReason: ofAnybody.reason };
  }
  return { allowed: true, requested, service, decision };
};

/** As the access record names it: what the source is asked for, or, when it is not asked, what was requested. */
export const requestedOf = (decided: DecidedService): RequestedService => {
  if (!decided.allowed) {
    const { requested, source } = decided;
    return { dataService: requested.dataService, fieldGroups: requested.fieldGroups, deliberationId: '', source };
  }
  const { service, decision } = decided;
  return {
    dataService: service.name,
    fieldGroups: decision.fieldGroups,
    deliberationId: decision.deliberationIds[0],
    source: service.supplier?.source ?? '',
  };
};

/** The customer's inscription context that the first deliberation relies on; its first one when there is none. */
export const inscriptionContextOf = (
  policy: Pick<Policy, 'grantsOf'>,
  { input, customer, inscriptionContexts }: DecisionContext,
  decided: readonly DecidedService[],
): string => {
  for (const one of decided) {
    if (!one.allowed) continue;
    const [deliberationId] = one.decision.deliberationIds;
    const used = [...(policy.grantsOf(customer, one.service.name) ?? [])].filter(
      (grant) => grant.deliberationId === deliberationId && grant.legalContexts.includes(input.legalContext),
    );
    const context = inscriptionContexts.find((known) =>
      used.some((grant) => grant.inscriptionContexts.includes(known)),
    );
    if (context !== undefined) return context;
  }
  return inscriptionContexts[0] ?? '';
};
