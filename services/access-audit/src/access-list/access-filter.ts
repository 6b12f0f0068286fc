import { AccessKind, AccessResult, type Ask } from '@crossroads/contracts/access/v1/access_record';
import { fields } from '@crossroads/grpc';
import { startOfDay } from '@crossroads/identifiers';
import type { z } from 'zod';
import type { AccessEntry } from '../access-log/access-entry.js';

const MAX_NAME = 200;

const known = <Value extends number>(values: object, what: string) =>
  fields.field(
    (raw: Value, refuse): Value =>
      Object.values(values).includes(raw) && raw > 0 ? raw : refuse('INVALID_CODE', `one of ${what}`),
  );

const kind = known<AccessKind>(AccessKind, 'AccessKind');
const result = known<AccessResult>(AccessResult, 'AccessResult');

/** What a request wants to see; a field that is absent lets everything through. */
export const accessFilter = fields.message({
  customer: fields.optional(fields.enterpriseNumber),
  legalContext: fields.optional(fields.legalContext),
  dataService: fields.optional(fields.text({ max: MAX_NAME })),
  period: fields.period,
  kinds: fields.list(kind, { min: 0, max: Object.keys(AccessKind).length }),
  result: fields.field((raw: AccessResult, refuse): AccessResult => {
    if (raw === AccessResult.ACCESS_RESULT_UNSPECIFIED || result.safeParse(raw).success) return raw;
    return refuse('INVALID_CODE', 'one of AccessResult');
  }),
});

export type AccessFilter = z.output<typeof accessFilter>;

/** The instants of the filter's days in Brussels: the index goes by them. */
export const instantsOf = ({ period: { start, end } }: AccessFilter) => ({
  from: start && startOfDay(start),
  until: end && startOfDay(end),
});

/** Whether an entry matches; undefined when the filter asks for nothing but days, for which no record is opened. */
export const contentRuleOf = (filter: AccessFilter): ((entry: AccessEntry) => boolean) | undefined => {
  const { customer, legalContext, dataService, kinds, result: wanted } = filter;
  const isOpen = wanted === AccessResult.ACCESS_RESULT_UNSPECIFIED;
  if (!customer && !legalContext && !dataService && kinds.length === 0 && isOpen) return undefined;
  return ({ releases, outcome }) => {
    const [{ ask }] = releases;
    return (
      (customer === undefined || ask.customer === customer) &&
      (legalContext === undefined || ask.legalContext === legalContext) &&
      (dataService === undefined || releases.some((one) => isShown(one.ask) && one.ask.dataService === dataService)) &&
      (kinds.length === 0 || kinds.includes(ask.kind)) &&
      (isOpen || outcome?.result === wanted)
    );
  };
};

/** The question to a source that a delivery needed stands in the list as that delivery. */
export const isShown = ({ kind: of, dataService, party, customer }: Ask): boolean =>
  dataService !== '' && (of !== AccessKind.ACCESS_KIND_DELIVERY || party === customer);
