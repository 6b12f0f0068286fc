import { containsDay, type IsoDay, overlaps, type Period } from '@crossroads/identifiers';
import { earliestDay, type Fact, type HeldFact, happensOnce, isMultiple, saysTheSame } from './facts.js';

/**
 * All that is held of a person after one more fact.
 * - A fact without an end holds until the next known one of its kind begins, and closes the one before.
 * - A fact with an end holds over exactly its period; what was said of those days before gives way.
 * - The same fact from the same day again restates its period, so that an end can be set, moved or taken away.
 */
export const withFact = (held: readonly HeldFact[], fact: HeldFact): readonly HeldFact[] => {
  const added = happensOnce(fact) ? { ...fact, period: {} } : fact;
  const others: HeldFact[] = [];
  const timeline: HeldFact[] = [];
  for (const one of held) (onSameTimeline(one, added) ? timeline : others).push(one);

  const rest = timeline.filter((one) => !restates(added, one));
  const period = { ...added.period, ...endOf(added, rest) };
  const cut = rest.flatMap((one) => without(one, period));
  return [...others, ...cut, { ...added, period }];
};

/** What is so on a day, over how long. A death is so from its first possible day. */
export const inForceOn = (held: readonly HeldFact[], day: IsoDay): readonly HeldFact[] =>
  joined(held).filter(
    (fact) => containsDay(fact.period, day) && (fact.group !== 'death' || earliestDay(fact.value.date) <= day),
  );

/** Whether both say the same of every day, whenever it was recorded. */
export const sameFacts = (a: readonly HeldFact[], b: readonly HeldFact[]): boolean => {
  const [left, right] = [joined(a).map(identityOf), new Set(joined(b).map(identityOf))];
  return left.length === right.size && left.every((one) => right.has(one));
};

/** Whether a fact says anything new of any day. */
export const changes = (held: readonly HeldFact[], fact: Fact): boolean => {
  const timeline = held.filter((one) => onSameTimeline(one, fact));
  return !sameFacts(timeline, withFact(timeline, fact));
};

const identityOf = ({ group, value, period }: Fact): string => JSON.stringify([group, value, period.start, period.end]);

const onSameTimeline = (a: Fact, b: Fact): boolean => a.group === b.group && (!isMultiple(b) || saysTheSame(a, b));

const restates = (added: Fact, known: Fact): boolean =>
  happensOnce(added) || (saysTheSame(added, known) && added.period.start === known.period.start);

/** Where an open fact ends: at the start of the next one that is known. */
const endOf = ({ period }: Fact, rest: readonly Fact[]): Pick<Period, 'end'> => {
  if (period.end !== undefined) return {};
  const starts = rest.flatMap((one) => (isLater(one.period.start, period.start) ? [one.period.start] : []));
  const next = starts.sort()[0];
  return next === undefined ? {} : { end: next };
};

const isLater = (start: IsoDay | undefined, than: IsoDay | undefined): start is IsoDay =>
  start !== undefined && (than === undefined || start > than);

/** What is left of a fact once a period is taken out of it: nothing, one part or two. */
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
 * In order of time; neighbours that say the same become one, known since the later of the two. For looking only: held facts
 * stay as they were said, since one that is said again is known by the day from which it was said.
 */
const joined = (held: readonly HeldFact[]): readonly HeldFact[] => {
  const result: HeldFact[] = [];
  const latest = new Map<string, number>();
  for (const fact of [...held].sort(byStart)) {
    const said = JSON.stringify([fact.group, fact.value]);
    const at = latest.get(said);
    const before = at === undefined ? undefined : result[at];
    if (at === undefined || before?.period.end === undefined || before.period.end !== fact.period.start) {
      latest.set(said, result.push(fact) - 1);
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
