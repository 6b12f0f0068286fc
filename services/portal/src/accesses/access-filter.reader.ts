import { AccessKind, AccessResult } from '@crossroads/contracts/access/v1/access_record';
import { AccessFilter } from '@crossroads/contracts/audit/v1/audit_service';
import { datePartsOf } from '@crossroads/identifiers';
import type { ListFilter, ShownKind } from './list-filter.rules.js';

const KINDS: Readonly<Record<ShownKind, readonly AccessKind[]>> = {
  all: [],
  consultations: [AccessKind.ACCESS_KIND_CONSULTATION],
  deliveries: [AccessKind.ACCESS_KIND_DELIVERY],
  inscriptions: [AccessKind.ACCESS_KIND_INSCRIPTION, AccessKind.ACCESS_KIND_INSCRIPTION_END],
  mail: [AccessKind.ACCESS_KIND_MAIL_OPENING],
  numbers: [AccessKind.ACCESS_KIND_NUMBER_PROPOSAL],
};

/** The filter as access-audit takes it. */
export const filterMessage = ({ institution, purpose, data, kind, refused, from, to }: ListFilter): AccessFilter => ({
  customer: institution,
  legalContext: purpose,
  dataService: data,
  period:
    from === undefined && to === undefined
      ? undefined
      : { startDate: from && datePartsOf(from), endDate: to && datePartsOf(to) },
  kinds: KINDS[kind],
  result: refused ? AccessResult.ACCESS_RESULT_REFUSED : AccessResult.ACCESS_RESULT_UNSPECIFIED,
});
