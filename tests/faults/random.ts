import { randomInt } from 'node:crypto';

/** `FAULT_SEED`, so that the order of an earlier run can be repeated; else a new seed. */
export const seedOf = (environment: NodeJS.ProcessEnv = process.env): number => {
  const given = environment['FAULT_SEED'];
  if (given === undefined || given === '') return randomInt(2 ** 31 - 1);
  if (!/^\d{1,10}$/.test(given)) throw new RangeError(`FAULT_SEED is ${given}: it must be a number that a run printed`);
  return Number(given);
};

/** Numbers from 0 to 1, always the same ones for a seed (mulberry32). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** A new array in random order. */
export const shuffled = <Item>(items: readonly Item[], random: () => number): Item[] =>
  items
    .map((item) => ({ item, at: random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item);
