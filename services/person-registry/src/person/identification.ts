import type { Json } from '@crossroads/eventsourcing';
import type { IsoDay } from '@crossroads/identifiers';
import { FACTS, FIELD_GROUPS, type FieldGroup, type HeldFact } from './facts.js';
import { inForceOn } from './timeline.rules.js';

/** The data service of which this registry is the authentic source. */
export const IDENTIFICATION = 'person.identification.v1';

export type Identification = { readonly [key: string]: Json };

type Answer = { [key: string]: Json };

/** How an answer shows the facts of a group. */
interface Shown {
  readonly path: readonly string[];
  readonly parts: Readonly<Record<string, readonly string[]>>;
  readonly several: boolean;
  /** Whether it says since when a fact is so. */
  readonly since: boolean;
}

export const shownOf = (group: FieldGroup): Shown => {
  const { path = [group], parts, cardinality } = FACTS[group];
  return { path, parts, several: cardinality === 'several', since: cardinality !== 'once' && path.length > 0 };
};

/** The field groups of the data service in which a fact is visible. */
export const groupsShowing = (group: FieldGroup): string[] => [group, ...Object.keys(shownOf(group).parts)];

/** The answer of `person.identification.v1` as of a day, with these field groups only. */
export const identificationOf = (held: readonly HeldFact[], day: IsoDay, groups: readonly string[]): Identification =>
  shown(inForceOn(held, day), groups);

/**
 * What `person.identification.v1` published of a person, all of it. A fact that begins later is published as it will be then, since
 * nothing is published when the day comes: so is each group here.
 */
export const publishedIdentification = (held: readonly HeldFact[], day: IsoDay): Identification =>
  shown(
    FIELD_GROUPS.flatMap((group) => {
      const own = held.filter((fact) => fact.group === group);
      const last = own
        .flatMap(({ period: { start } }) => (start === undefined ? [] : [start]))
        .sort()
        .at(-1);
      return inForceOn(own, laterOf(day, last));
    }),
    ALL_GROUPS,
  );

/** All field groups of the data service. */
export const ALL_GROUPS: readonly string[] = FIELD_GROUPS.flatMap(groupsShowing);

export const laterOf = (a: IsoDay, b: IsoDay | undefined): IsoDay => (b === undefined || a > b ? a : b);

const shown = (facts: readonly HeldFact[], groups: readonly string[]): Identification => {
  const wanted = new Set(groups);
  const answer: Answer = {};
  for (const fact of facts) {
    const { path, parts, several, since } = shownOf(fact.group);
    const visible = Object.entries(parts).flatMap(([part, names]) => (wanted.has(part) ? names : []));
    const whole = wanted.has(fact.group);
    if (!whole && visible.length === 0) continue;
    const value: Identification = {
      ...(whole ? fact.value : picked(fact.value, visible)),
      ...(since && fact.period.start !== undefined ? { since: fact.period.start } : {}),
    };
    put(answer, path, value, several);
  }
  return answer;
};

const picked = (value: Identification, names: readonly string[]): Identification =>
  Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name)));

const put = (answer: Answer, [first, ...rest]: readonly string[], value: Identification, several: boolean): void => {
  if (first === undefined) {
    Object.assign(answer, value);
  } else if (rest.length > 0) {
    const inner = (answer[first] ?? {}) as Answer;
    answer[first] = inner;
    put(inner, rest, value, several);
  } else if (several) {
    const list = (answer[first] ?? []) as Json[];
    answer[first] = list;
    list.push(value);
  } else {
    answer[first] = value;
  }
};
