import type { Fact as FactMessage } from '@crossroads/contracts/person/v1/person';
import { type Read, readList, readPeriod } from '@crossroads/grpc';
import { FACTS, type Fact, type FactCase, type FactValue, FIELD_GROUPS, type FieldGroup } from './facts.js';
import { type FactContext, type Field, protoName } from './field.js';

const MAX_FACTS = 200;

const GROUP_OF: ReadonlyMap<FactCase, FieldGroup> = new Map(FIELD_GROUPS.map((group) => [FACTS[group].message, group]));
const NAMES = [...GROUP_OF.keys()].map(protoName).join(', ');

/** The facts of a request. */
export const readFacts = (raw: readonly FactMessage[], context: FactContext): Read<Fact[]> =>
  readList('facts', raw, { max: MAX_FACTS }, (at, fact) => readFact(at, fact, context));

const readFact = (at: string, raw: FactMessage, context: FactContext): Read<Fact> => {
  const period = readPeriod(raw.period ?? {}, `${at}.period.`);
  const value = readValue(at, raw.fact, context);
  if (period.ok && value.ok) return { ok: true, value: { ...value.value, period: period.value } };
  return { ok: false, violations: [period, value].flatMap((read) => (read.ok ? [] : read.violations)) };
};

const readValue = (at: string, raw: FactMessage['fact'], context: FactContext): Read<FactValue> => {
  const group = raw && GROUP_OF.get(raw.$case);
  if (raw === undefined || group === undefined) {
    const description = `a fact says one of ${NAMES}`;
    return { ok: false, violations: [{ field: at, reason: 'REQUIRED', description }] };
  }
  const field: Field<unknown, FactValue['value']> = FACTS[group].record;
  const read = field.read(`${at}.${protoName(raw.$case)}`, raw.value, context);
  // The compiler does not see that group and value belong together.
  return read.ok ? { ok: true, value: { group, value: read.value } as FactValue } : read;
};
