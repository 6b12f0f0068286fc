import type { RequestedService } from '@crossroads/contracts/access/v1/access_record';
import type { Caller } from '@crossroads/grpc';
import { InvalidInput } from '@crossroads/grpc';
import type { IsoDay } from '@crossroads/identifiers';
import { type CompiledDataService, type Decision, decide, type Policy } from '@crossroads/policy';
import type { AskedConsultation, AskedDataService } from './consult-request.js';

/** What was decided on one data service of a request. */
export type DecidedService =
  | {
      readonly allowed: true;
      readonly asked: AskedDataService;
      readonly service: CompiledDataService;
      readonly decision: Extract<Decision, { allowed: true }>;
    }
  | { readonly allowed: false; readonly asked: AskedDataService; readonly source: string; readonly reason: string };

export interface Deciding {
  readonly asked: AskedConsultation;
  readonly customer: string;
  readonly peer: Caller;
  /** In which the customer knows the person. */
  readonly inscriptionContexts: readonly string[];
  readonly today: IsoDay;
}

/**
 * Decides on each data service, all at one revision of the policy. A deliberation must hold today, the inscription on the
 * day that is asked about. @throws InvalidInput for a field group that a data service does not have.
 */
export const decideServices = (policy: Policy, deciding: Deciding): DecidedService[] =>
  deciding.asked.dataServices.map((asked, index) => decideService(policy, deciding, asked, index));

const decideService = (
  policy: Policy,
  { asked: { legalContext }, customer, peer, inscriptionContexts, today }: Deciding,
  asked: AskedDataService,
  index: number,
): DecidedService => {
  const service = policy.dataService(asked.dataService);
  const unknown = service && asked.fieldGroups.findIndex((group) => !service.fieldGroups.has(group));
  if (unknown !== undefined && unknown >= 0)
    throw new InvalidInput({
      field: `data_services[${index}].field_groups[${unknown}]`,
      reason: 'UNKNOWN_FIELD_GROUP',
      description: 'the data service has no such field group',
    });
  const decision = decide(policy, {
    customer,
    peer,
    dataService: asked.dataService,
    requestedFieldGroups: asked.fieldGroups,
    legalContext,
    inscriptionContexts,
    mode: 'online',
    day: today,
  });
  const source = service?.supplier?.source ?? '';
  if (!decision.allowed) return { allowed: false, asked, source, reason: decision.reason };
  if (!service) return { allowed: false, asked, source, reason: 'UNKNOWN_DATA_SERVICE' };
  return { allowed: true, asked, service, decision };
};

/** As the record names it: what is asked of the source, or, where that is nothing, what was wanted. */
export const requestedOf = (decided: DecidedService): RequestedService => {
  if (!decided.allowed) {
    const { asked, source } = decided;
    return { dataService: asked.dataService, fieldGroups: asked.fieldGroups, deliberationId: '', source };
  }
  const { service, decision } = decided;
  return {
    dataService: service.name,
    fieldGroups: decision.fieldGroups,
    deliberationId: decision.deliberationIds[0],
    source: service.supplier?.source ?? '',
  };
};

/** The one of the customer's inscription contexts that the first deliberation used rests on; without any, the first. */
export const inscriptionContextOf = (
  policy: Pick<Policy, 'grantsOf'>,
  { asked, customer, inscriptionContexts }: Deciding,
  decided: readonly DecidedService[],
): string => {
  for (const one of decided) {
    if (!one.allowed) continue;
    const [deliberationId] = one.decision.deliberationIds;
    const used = policy
      .grantsOf(customer, one.service.name)
      ?.filter((grant) => grant.deliberationId === deliberationId && grant.legalContexts.includes(asked.legalContext));
    const context = inscriptionContexts.find((known) =>
      used?.some((grant) => grant.inscriptionContexts.includes(known)),
    );
    if (context !== undefined) return context;
  }
  return inscriptionContexts[0] ?? '';
};
