import { containsDay, type IncompleteDate, type IsoDay, overlaps, type Period } from '@crossroads/identifiers';
import type { Cardinalities, Fact, FactValue, HeldFact } from './facts.js';

/**
 * The facts of a person after one more.
 * - A fact without an end holds until the next known one of its group begins, and ends the one before.
 * - A fact with an end holds over exactly its period; what was known of those days before is replaced.
 * - The same fact with the same first day replaces its period, so that an end can be set, moved or removed.
 */
export const withFact = (
  held: readonly HeldFact[],
  fact: HeldFact,
  cardinalities: Cardinalities,
): readonly HeldFact[] => {
  const once = cardinalities[fact.group] === 'once';
  const added = once ? { ...fact, period: {} } : fact;
  const others: HeldFact[] = [];
  const timeline: HeldFact[] = [];
  for (const one of held) (onSameTimeline(one, added, cardinalities) ? timeline : others).push(one);

  const rest = timeline.filter((one) => !(once || restates(added, one)));
  const period = { ...added.period, ...endOf(added, rest) };
  const cut = rest.flatMap((one) => without(one, period));
  return [...others, ...cut, { ...added, period }];
};

/** The facts that hold on a day, with their periods. A death holds from its first possible day. */
export const inForceOn = (held: readonly HeldFact[], day: IsoDay): readonly HeldFact[] =>
  joined(held).filter(
    (fact) => containsDay(fact.period, day) && (fact.group !== 'death' || earliestDay(fact.value.date) <= day),
  );

/** Whether both say the same about every day, whenever it was recorded. */
export const sameFacts = (a: readonly HeldFact[], b: readonly HeldFact[]): boolean => {
  const [left, right] = [joined(a).map(identityOf), new Set(joined(b).map(identityOf))];
  return left.length === right.size && left.every((one) => right.has(one));
};

/** Whether a fact says anything new about any day. */
export const changes = (held: readonly HeldFact[], fact: Fact, cardinalities: Cardinalities): boolean => {
  const timeline = held.filter((one) => onSameTimeline(one, fact, cardinalities));
  return !sameFacts(timeline, withFact(timeline, fact, cardinalities));
};

const identityOf = ({ group, value, period }: Fact): string => JSON.stringify([group, value, period.start, period.end]);

const onSameTimeline = (a: Fact, b: Fact, cardinalities: Cardinalities): boolean =>
  a.group === b.group && (cardinalities[b.group] !== 'several' || saysTheSame(a, b));

const restates = (added: Fact, known: Fact): boolean =>
  saysTheSame(added, known) && added.period.start === known.period.start;

/** Whether two facts say the same, apart from when. */
const saysTheSame = (a: FactValue, b: FactValue): boolean => a.group === b.group && isSame(a.value, b.value);

/** Stops at the first difference and allocates nothing until then: a person may have hundreds of relations, each compared with all. */
const isSame = (a: unknown, b: unknown): boolean => {
  if (!isObject(a) || !isObject(b)) return a === b;
  for (const name in a) if (!isSame(a[name], b[name])) return false;
  return Object.keys(a).length === Object.keys(b).length;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** The first day that an incomplete date can mean. */
const earliestDay = (date: IncompleteDate): IsoDay => date.replaceAll('-00', '-01') as IsoDay;

/** Where a fact without an end ends: at the start of the next one that is known. */
const endOf = ({ period }: Fact, rest: readonly Fact[]): Pick<Period, 'end'> => {
  if (period.end !== undefined) return {};
  const starts = rest.flatMap((one) => (isLater(one.period.start, period.start) ? [one.period.start] : []));
  const next = starts.sort()[0];
  return next === undefined ? {} : { end: next };
};

const isLater = (start: IsoDay | undefined, than: IsoDay | undefined): start is IsoDay =>
  start !== undefined && (than === undefined || start > than);

/** What remains of a fact outside a period: nothing, one part or two. */
const without = (fact: HeldFact, taken: Period): HeldFact[] => {
  if (!overlaps(fact.period, taken)) return [fact];
  const { start, end } = taken;
  const parts: HeldFact[] = [];
  if (start !== undefined && (fact.period.start === undefined || fact.period.start < start))
    parts.push({ ...fact, period: { ...fact.period, end: start } });
  if (end !== undefined && (fact.period.end === undefined || end < fact.period.end))
    parts.push({ ...fact, period: { ...fact.period, start: end } });
  return parts;
};

/**
 * In order of time, with adjacent facts that say the same joined into one, known since the later of the two. For reading only: facts
 * are stored as they were reported, since a report that restates one is recognised by its first day.
 */
const joined = (held: readonly HeldFact[]): readonly HeldFact[] => {
  const result: HeldFact[] = [];
  const latest = new Map<string, number>();
  for (const fact of [...held].sort(byStart)) {
    const key = JSON.stringify([fact.group, fact.value]);
    const at = latest.get(key);
    const before = at === undefined ? undefined : result[at];
    if (at === undefined || before?.period.end === undefined || before.period.end !== fact.period.start) {
      latest.set(key, result.push(fact) - 1);
      continue;
    }
    const { end: _, ...open } = before.period;
    const period = fact.period.end === undefined ? open : { ...open, end: fact.period.end };
    result[at] = { ...fact, period, recordedAt: laterOf(before.recordedAt, fact.recordedAt) };
  }
  return result;
};

const byStart = (a: Fact, b: Fact): number => {
  const [left, right] = [a.period.start ?? '', b.period.start ?? ''];
  return left < right ? -1 : left > right ? 1 : 0;
};

const laterOf = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || b === undefined ? undefined : a > b ? a : b;
