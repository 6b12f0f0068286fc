import {
  AccessKind,
  AccessResult,
  ConsultationStatus,
  type FilteredElement,
  MailReader,
} from '@crossroads/contracts/access/v1/access_record';
import type { Access, AccessedService } from '@crossroads/contracts/audit/v1/audit_service';
import { ProposalKind, ProposalStep } from '@crossroads/contracts/person/v1/proposal';
import { dayOf } from '@crossroads/identifiers';
import type { AccessLine, LineKind, LineResult, LineService } from './access-line.rules.js';

const KINDS: Readonly<Partial<Record<AccessKind, LineKind>>> = {
  [AccessKind.ACCESS_KIND_CONSULTATION]: 'consultation',
  [AccessKind.ACCESS_KIND_DELIVERY]: 'delivery',
  [AccessKind.ACCESS_KIND_SELF_CONSULTATION]: 'own',
  [AccessKind.ACCESS_KIND_MAIL_OPENING]: 'mail',
  [AccessKind.ACCESS_KIND_NUMBER_PROPOSAL]: 'proposal',
  [AccessKind.ACCESS_KIND_INSCRIPTION]: 'inscription',
  [AccessKind.ACCESS_KIND_INSCRIPTION_END]: 'inscriptionEnd',
};

const RESULTS: Readonly<Partial<Record<AccessResult, LineResult>>> = {
  [AccessResult.ACCESS_RESULT_ANSWERED]: 'answered',
  [AccessResult.ACCESS_RESULT_REFUSED]: 'refused',
  [AccessResult.ACCESS_RESULT_OUTCOME_UNKNOWN]: 'unknown',
};

const STATUSES: Readonly<Partial<Record<ConsultationStatus, LineService['status']>>> = {
  [ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND]: 'found',
  [ConsultationStatus.CONSULTATION_STATUS_NO_DATA_FOUND]: 'nothing',
  [ConsultationStatus.CONSULTATION_STATUS_NO_RESULT]: 'noResult',
};

const READERS = {
  [MailReader.MAIL_READER_OWNER]: 'owner',
  [MailReader.MAIL_READER_DELEGATE]: 'delegate',
  [MailReader.MAIL_READER_ENTERPRISE_READER]: 'enterprise',
  [MailReader.MAIL_READER_UNSPECIFIED]: 'owner',
  [MailReader.UNRECOGNIZED]: 'delegate',
} as const satisfies Readonly<Record<MailReader, unknown>>;

const STEPS = {
  [ProposalStep.PROPOSAL_STEP_PROPOSED]: 'proposed',
  [ProposalStep.PROPOSAL_STEP_CONFIRMED]: 'confirmed',
  [ProposalStep.PROPOSAL_STEP_EFFECTIVE]: 'effective',
  [ProposalStep.PROPOSAL_STEP_CONTESTED]: 'contested',
  [ProposalStep.PROPOSAL_STEP_LAPSED]: 'lapsed',
} as const;

/** A line of the list, in the words of the rules. What is not known here yet has the kind `other`. */
export const accessLineOf = (access: Access): AccessLine => {
  const time = access.time ?? new Date(0);
  return {
    id: access.journalId,
    time,
    day: dayOf(time),
    kind: access.erased ? 'erased' : (KINDS[access.kind] ?? 'other'),
    result: access.concluded ? (RESULTS[access.result] ?? 'unknown') : 'underWay',
    institution: access.customer,
    institutionName: access.customerName,
    peer: access.peer,
    application: access.application,
    role: access.officialRole,
    purpose: access.legalContext,
    reason: access.reason,
    ticket: access.ticket,
    repeatOf: access.repeatOf,
    services: access.services.map(serviceOf),
    asOf: access.asOfDate,
    inscription: access.inscription && {
      context: access.inscription.context,
      start: access.inscription.period?.startDate,
      end: access.inscription.period?.endDate,
    },
    earlier: access.earlierOutcomes.map(({ result, time: at, reason }) => ({
      result: RESULTS[result] ?? 'unknown',
      time: at,
      reason,
    })),
    lost: access.lostAtSource,
    ownDataOf: access.ownDataOf,
    mail: mailOf(access),
    proposal: proposalOf(access),
  };
};

const serviceOf = (service: AccessedService): LineService => ({
  dataService: service.dataService,
  fieldGroups: service.fieldGroups,
  status: STATUSES[service.status] ?? 'none',
  filtered: service.filtered.map(({ path, fieldGroup, reason }: FilteredElement) => ({ path, fieldGroup, reason })),
  deliberationId: service.deliberationId,
  deliberationReference: service.deliberationReference,
  reason: service.reason,
});

const mailOf = ({ mail }: Access): AccessLine['mail'] =>
  mail && {
    what: mail.documentId !== '' ? 'document' : mail.messageId !== '' ? 'message' : 'list',
    sender: mail.sender,
    reader: READERS[mail.reader],
  };

const proposalOf = ({ proposal }: Access): AccessLine['proposal'] => {
  if (!proposal) return undefined;
  const { proposalId, kind, step, effectiveTime, byPerson } = proposal;
  if (!(step in STEPS)) return undefined;
  return {
    id: proposalId,
    kind: kind === ProposalKind.PROPOSAL_KIND_CANCELLATION ? 'cancellation' : 'merge',
    step: STEPS[step as keyof typeof STEPS],
    effectiveTime,
    byPerson,
  };
};
