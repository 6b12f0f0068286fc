import type { IsoDay } from '@crossroads/identifiers';
import type { CompiledGrant } from './compiled-grant.js';
import type { CompiledDataService } from './data-service.js';
import type { Peer, Policy } from './policy.js';

/** Why nothing is released, in the order of the checks. Of several grants, the one that passes most checks gives the reason. */
export const refusalReasons = [
  'UNKNOWN_INSTITUTION',
  'KEY_NOT_REGISTERED',
  'NOT_REPRESENTED',
  'UNKNOWN_DATA_SERVICE',
  'UNKNOWN_LEGAL_CONTEXT',
  'NO_DELIBERATION',
  'LEGAL_CONTEXT_NOT_GRANTED',
  'DELIBERATION_REVOKED',
  'DELIBERATION_EXPIRED',
  'DELIBERATION_NOT_YET_VALID',
  'NOT_GRANTED_ONLINE',
  'NOT_GRANTED_BY_SUBSCRIPTION',
  'OFFICIAL_NEEDED',
  'NOT_INSCRIBED',
  'INSCRIPTION_CONTEXT_NOT_GRANTED',
  'FIELD_GROUPS_NOT_GRANTED',
] as const;

export type RefusalReason = (typeof refusalReasons)[number];

/** Why one field group of an allowed request is not released. */
export type CutReason = RefusalReason | 'UNKNOWN_FIELD_GROUP';

export interface Question {
  /** The institution that receives the data. */
  readonly customer: string;
  /** The customer, an institution that represents it, or a service of the mesh that has identified the customer itself. */
  readonly peer: Peer;
  readonly dataService: string;
  /** Empty: all groups of the data service. */
  readonly requestedFieldGroups: readonly string[];
  readonly legalContext: string;
  /** The contexts in which the customer knows the person on the day. `any`: what would the policy release about anybody? */
  readonly inscriptionContexts: readonly string[] | 'any';
  readonly mode: 'online' | 'subscription';
  /** Software asks by itself, without an official. @default false */
  readonly withoutOfficial?: boolean;
  readonly day: IsoDay;
}

export interface CutFieldGroup {
  readonly fieldGroup: string;
  readonly reason: CutReason;
}

export type Decision =
  | {
      readonly allowed: true;
      /** The deliberations that grant a released group; sorted. */
      readonly deliberationIds: readonly [string, ...string[]];
      /** The released groups, in the order of the request or, when it names none, of the data service. */
      readonly fieldGroups: readonly string[];
      readonly cutFieldGroups: readonly CutFieldGroup[];
      readonly policyRevision: bigint;
    }
  | { readonly allowed: false; readonly reason: RefusalReason; readonly policyRevision: bigint };

/**
 * Decides in memory; never throws. The released groups are the union over all grants to the customer that name the data service and the
 * legal context, belong to a deliberation that is approved and not revoked, are valid on the day and for the mode, and name one of the
 * contexts in which the customer knows the person. A grant that names no inscription context grants nothing.
 */
export const decide = (policy: Policy, question: Question): Decision => {
  const refuse = (reason: RefusalReason): Decision => ({ allowed: false, reason, policyRevision: policy.revision });
  const { customer, peer, legalContext } = question;

  if (peer.kind === 'institution' && !policy.institution(peer.enterpriseNumber)) return refuse('UNKNOWN_INSTITUTION');
  if (!policy.institution(customer)) return refuse('UNKNOWN_INSTITUTION');
  if (!policy.isRegistered(peer)) return refuse('KEY_NOT_REGISTERED');
  if (!policy.mayActFor(peer, customer)) return refuse('NOT_REPRESENTED');
  const service = policy.dataService(question.dataService);
  if (!service) return refuse('UNKNOWN_DATA_SERVICE');
  if (!policy.knowsLegalContext(legalContext)) return refuse('UNKNOWN_LEGAL_CONTEXT');
  const grants = policy.grantsOf(customer, question.dataService);
  if (!grants) return refuse('NO_DELIBERATION');

  const valid: CompiledGrant[] = [];
  const rejected: RejectedGrant[] = [];
  for (const grant of grants) {
    if (!grant.legalContexts.includes(legalContext)) continue;
    const reason = rejectionOf(grant, question);
    if (reason) rejected.push({ grant, reason });
    else valid.push(grant);
  }
  if (valid.length === 0) return refuse(furthest(rejected) ?? 'LEGAL_CONTEXT_NOT_GRANTED');
  return release(service, question, valid, rejected, policy.revision);
};

interface RejectedGrant {
  readonly grant: CompiledGrant;
  readonly reason: RefusalReason;
}

const rejectionOf = (grant: CompiledGrant, question: Question): RefusalReason | undefined => {
  const { day, mode, withoutOfficial = false, inscriptionContexts } = question;
  if (grant.revoked) return 'DELIBERATION_REVOKED';
  if (grant.end <= day) return 'DELIBERATION_EXPIRED';
  if (day < grant.start) return 'DELIBERATION_NOT_YET_VALID';
  if (mode === 'online' && !grant.online) return 'NOT_GRANTED_ONLINE';
  if (mode === 'subscription' && !grant.subscription) return 'NOT_GRANTED_BY_SUBSCRIPTION';
  if (withoutOfficial && !grant.withoutOfficial) return 'OFFICIAL_NEEDED';
  if (inscriptionContexts === 'any')
    return grant.inscriptionContexts.length > 0 ? undefined : 'INSCRIPTION_CONTEXT_NOT_GRANTED';
  if (inscriptionContexts.length === 0) return 'NOT_INSCRIBED';
  for (const context of inscriptionContexts) if (grant.inscriptionContexts.includes(context)) return undefined;
  return 'INSCRIPTION_CONTEXT_NOT_GRANTED';
};

const release = (
  service: CompiledDataService,
  { requestedFieldGroups }: Question,
  valid: readonly CompiledGrant[],
  rejected: readonly RejectedGrant[],
  policyRevision: bigint,
): Decision => {
  const requested = requestedFieldGroups.length > 0 ? new Set(requestedFieldGroups) : service.fieldGroups.keys();
  const fieldGroups: string[] = [];
  const cutFieldGroups: CutFieldGroup[] = [];
  const deliberations = new Set<string>();
  for (const fieldGroup of requested) {
    const known = service.fieldGroups.has(fieldGroup);
    const granting = known ? valid.filter((grant) => grant.fieldGroups.includes(fieldGroup)) : [];
    for (const { deliberationId } of granting) deliberations.add(deliberationId);
    if (granting.length > 0) fieldGroups.push(fieldGroup);
    else cutFieldGroups.push({ fieldGroup, reason: known ? cutReasonOf(fieldGroup, rejected) : 'UNKNOWN_FIELD_GROUP' });
  }
  const [first, ...others] = [...deliberations].sort();
  if (first === undefined) return { allowed: false, reason: 'FIELD_GROUPS_NOT_GRANTED', policyRevision };
  return { allowed: true, deliberationIds: [first, ...others], fieldGroups, cutFieldGroups, policyRevision };
};

/** The reason of a rejected grant that names the group; without one, the group was never granted. */
const cutReasonOf = (fieldGroup: string, rejected: readonly RejectedGrant[]): CutReason =>
  furthest(rejected.filter(({ grant }) => grant.fieldGroups.includes(fieldGroup))) ?? 'FIELD_GROUPS_NOT_GRANTED';

const order = new Map<RefusalReason, number>(refusalReasons.map((reason, index) => [reason, index]));

const furthest = (rejected: readonly RejectedGrant[]): RefusalReason | undefined => {
  let best: RefusalReason | undefined;
  for (const { reason } of rejected)
    if (best === undefined || (order.get(reason) ?? 0) > (order.get(best) ?? 0)) best = reason;
  return best;
};
