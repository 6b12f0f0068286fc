import {
  AccessKind,
  AccessResult,
  type Ask,
  type Behind,
  ConsultationStatus,
} from '@crossroads/contracts/access/v1/access_record';
import { Access, type AccessedService } from '@crossroads/contracts/audit/v1/audit_service';
import type { Policy } from '@crossroads/policy';
import { accessAudit } from '@crossroads/topology';
import { NO_PARTY } from '@crossroads/transparency';
import { isShown } from './access-filter.js';
import type { AccessEntry, ErasedEntry, ListEntry, ReleaseEntry } from '../access-log/access-entry.js';

/** An entry of the list. */
export const entryMessage = (entry: ListEntry, policy: Policy): Access =>
  'erased' in entry ? erasedMessage(entry) : accessMessage(entry, policy);

/** The entry keeps its place: that there was an access is said, and nothing of it. */
const erasedMessage = ({ journalId, at: time }: ErasedEntry): Access =>
  Access.fromPartial({ journalId, time, concluded: true, erased: true });

/** An entry of the list, with the names that the policy has for its enterprise numbers. */
const accessMessage = (
  { journalId, releases, outcome, earlierOutcomes, lostAtSource }: AccessEntry,
  policy: Policy,
): Access => {
  const [{ ask, behind }] = releases;
  return {
    journalId,
    ticket: behind.ticket,
    kind: ask.kind,
    customer: ask.customer,
    customerName: policy.institution(ask.customer)?.name ?? '',
    peer: behind.peer,
    application: behind.application,
    officialRole: behind.officialRole,
    legalContext: ask.legalContext,
    time: ask.time,
    result: outcome?.result ?? AccessResult.ACCESS_RESULT_UNSPECIFIED,
    reason: outcome?.result === AccessResult.ACCESS_RESULT_REFUSED ? outcome.reason : '',
    concluded: outcome !== undefined,
    mail: mailMessage(ask, behind),
    ownDataOf: ownDataOf(ask),
    proposal: ask.proposal,
    lostAtSource,
    erased: false,
    repeatOf: behind.repeatOf,
    asOfDate: ask.asOfDate,
    inscription: behind.inscription,
    earlierOutcomes: earlierOutcomes.map(({ result, time, reason }) => ({ result, time, reason })),
    services: releases.filter(({ ask: one }) => isShown(one)).map((release) => serviceMessage(release, policy)),
  };
};

/** Which service showed a person what is their own. */
const ownDataOf = ({ kind, party }: Ask): string => {
  if (kind !== AccessKind.ACCESS_KIND_SELF_CONSULTATION) return '';
  return party === NO_PARTY ? accessAudit.name : party.replace(/^service:/, '');
};

const serviceMessage = ({ ask, outcome }: ReleaseEntry, policy: Policy): AccessedService => ({
  dataService: ask.dataService,
  status: outcome?.status ?? ConsultationStatus.CONSULTATION_STATUS_UNSPECIFIED,
  // The field groups that were asked for, until the released ones are known.
  fieldGroups: outcome?.status ? outcome.releasedFieldGroups : ask.fieldGroups,
  filtered: outcome?.filtered ?? [],
  deliberationId: ask.deliberationId,
  deliberationReference: policy.deliberation(ask.deliberationId)?.reference ?? '',
  // Of an access without a status the reason is that of the whole.
  reason: outcome?.status ? outcome.reason : '',
});

const mailMessage = ({ mail }: Ask, { mail: reading }: Behind): Access['mail'] =>
  mail && { ...mail, delegationId: reading?.delegationId ?? '', readerPersonId: reading?.readerId ?? '' };
