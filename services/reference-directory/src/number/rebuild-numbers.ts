import type { Tx } from '@crossroads/database';
import type { ViewOfTopic } from '@crossroads/service';
import { PERSON_TOPIC } from '@crossroads/topology';
import { applyMerges } from './merges.js';
import { MERGED, mergeOf, NUMBER_CHANGED, transitionOf } from './number-events.reader.js';
import { applyTransitions, personIdsOf } from './number-transitions.js';
import { numbersOfPersons, type PersonNumbers } from './person-numbers.js';

/** The table `numbers`, from what the registry has published of numbers. What the consumer cannot read it has parked. */
export const numbersView: ViewOfTopic = {
  from: PERSON_TOPIC,
  table: 'numbers',
  types: NUMBER_CHANGED,
  key: 'number',
  compared: ['serial', 'person', 'state', 'replaced_by'],
  apply: async (tx, events) => {
    const transitions = events.map(transitionOf).filter((one) => one !== undefined);
    await applyTransitions(tx, transitions, await numbered(tx, transitions.flatMap(personIdsOf)), 'numbers_rebuilt');
  },
};

/** The table `merges`, from the registry's merges of persons. */
export const mergesView: ViewOfTopic = {
  from: PERSON_TOPIC,
  table: 'merges',
  types: [MERGED],
  key: 'person',
  compared: ['serial', 'survivor', 'since', 'contested'],
  apply: async (tx, events) => {
    const merges = events.map(mergeOf).filter((one) => one !== undefined);
    const named = merges.flatMap(({ personIds, survivor }) => [...personIds, survivor]);
    await applyMerges(tx, merges, await numbered(tx, named), 'merges_rebuilt');
  },
};

/** A rebuild gives no numbers: whom the consumer has seen has one. */
const numbered = async (tx: Tx, personIds: readonly string[]): Promise<PersonNumbers> => {
  const { person, missing } = await numbersOfPersons(tx, [...new Set(personIds)]);
  if (missing > 0) throw new Error(`${missing} persons have no number: rebuild persons first`);
  return person;
};
