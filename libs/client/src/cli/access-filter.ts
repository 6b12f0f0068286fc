import { AccessResult } from '@crossroads/contracts/access/v1/access_record';
import type { AccessFilter } from '@crossroads/contracts/audit/v1/audit_service';
import { datePartsOf, parseIsoDay } from '@crossroads/identifiers';
import { UsageError } from './mesh-file.js';

/** The options of `accesses` that choose lines. Days are `YYYY-MM-DD`, in Brussels. */
export interface WantedAccesses {
  readonly customer?: string;
  readonly from?: string;
  readonly to?: string;
  readonly refused?: true;
}

/** @throws UsageError for a day that is none */
export const filterOf = ({ customer = '', from, to, refused }: WantedAccesses): Partial<AccessFilter> => ({
  customer,
  ...(from === undefined && to === undefined ? {} : { period: { startDate: dayIn(from), endDate: dayIn(to) } }),
  ...(refused ? { result: AccessResult.ACCESS_RESULT_REFUSED } : {}),
});

const dayIn = (text: string | undefined) => {
  if (text === undefined) return undefined;
  const day = parseIsoDay(text);
  if (day === undefined) throw new UsageError(`${text} is no day; write YYYY-MM-DD`);
  return datePartsOf(day);
};
