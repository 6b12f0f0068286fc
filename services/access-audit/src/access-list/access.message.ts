import { createHash } from 'node:crypto';
import { type AccessRecord, AccessResult, ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import { Access, type AccessedService } from '@crossroads/contracts/audit/v1/audit_service';
import type { Policy } from '@crossroads/policy';
import type { AccessEntry, ErasedEntry, ListEntry } from '../access-log/access-entry.js';

/** An entry of the list. */
export const entryMessage = (entry: ListEntry, policy: Policy): Access =>
  'erased' in entry ? erasedMessage(entry) : accessMessage(entry, policy);

/** The entry keeps its place: that there was an access is said, and nothing of it. */
const erasedMessage = ({ journalId, at: time }: ErasedEntry): Access =>
  Access.fromPartial({ journalId, time, concluded: true, erased: true });

/** An entry of the list, with the names that the policy has for its enterprise numbers. */
const accessMessage = ({ journalId, record, outcome, lostAtSource }: AccessEntry, policy: Policy): Access => ({
  journalId,
  ticket: record.ticket,
  kind: record.kind,
  customer: record.customer,
  customerName: policy.institution(record.customer)?.name ?? '',
  peer: record.peer,
  officialRole: record.officialRole,
  legalContext: record.legalContext,
  time: record.time,
  result: outcome?.result ?? AccessResult.ACCESS_RESULT_UNSPECIFIED,
  reason: outcome?.reason ?? '',
  concluded: outcome !== undefined,
  mail: mailMessage(record),
  proposal: record.proposal,
  lostAtSource,
  erased: false,
  services: record.services.map((asked): AccessedService => {
    const came = outcome?.services.find(({ dataService }) => dataService === asked.dataService);
    return {
      dataService: asked.dataService,
      status: came?.status ?? ConsultationStatus.CONSULTATION_STATUS_UNSPECIFIED,
      // The field groups that were asked for, until the released ones are known.
      fieldGroups: came?.releasedFieldGroups ?? asked.fieldGroups,
      filtered: came?.filtered ?? [],
      deliberationId: asked.deliberationId,
      deliberationReference: policy.deliberation(asked.deliberationId)?.reference ?? '',
      reason: came?.reason ?? '',
    };
  }),
});

/** Who read, by an id for this owner alone: a `personId` stays inside the mesh. It is random, so that its hash hides it. */
const mailMessage = ({ personId, mail }: AccessRecord): Access['mail'] => {
  if (mail === undefined || mail.readerPersonId === '') return mail;
  const readerPersonId = createHash('sha256')
    .update(`${personId}\n${mail.readerPersonId}`)
    .digest('base64url')
    .slice(0, 22);
  return { ...mail, readerPersonId };
};
