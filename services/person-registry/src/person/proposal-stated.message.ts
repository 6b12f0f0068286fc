import { ProposalKind, ProposalStated, ProposalStep } from '@crossroads/contracts/person/v1/proposal';
import { personRegistry } from '@crossroads/topology';
import type { ProposalStatedEvent } from './person.decider.js';

const KINDS = {
  merge: ProposalKind.PROPOSAL_KIND_MERGE,
  cancellation: ProposalKind.PROPOSAL_KIND_CANCELLATION,
} as const satisfies Record<ProposalStatedEvent['data']['kind'], ProposalKind>;

const STEPS = {
  proposed: ProposalStep.PROPOSAL_STEP_PROPOSED,
  confirmed: ProposalStep.PROPOSAL_STEP_CONFIRMED,
  effective: ProposalStep.PROPOSAL_STEP_EFFECTIVE,
  contested: ProposalStep.PROPOSAL_STEP_CONTESTED,
  lapsed: ProposalStep.PROPOSAL_STEP_LAPSED,
} as const satisfies Record<ProposalStatedEvent['data']['step'], ProposalStep>;

/** What one of the persons concerned is told. */
export const proposalStatedMessage = (personId: string, { data }: ProposalStatedEvent): Uint8Array =>
  ProposalStated.encode({
    personId,
    statement: {
      proposalId: data.proposalId,
      kind: KINDS[data.kind],
      step: STEPS[data.step],
      effectiveTime: data.effectiveAt === undefined ? undefined : new Date(data.effectiveAt),
      byPerson: data.byPerson ?? false,
    },
    reporter: data.by?.reporter ?? `service:${personRegistry.name}`,
    officialRole: data.by?.officialRole ?? '',
    officialId: data.by?.officialId ?? '',
    time: new Date(data.at),
  }).finish();
