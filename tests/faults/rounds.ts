import { shuffled } from './random.js';

/** What a fault takes away, or needs: a service, a server, or the second process of a service. */
export type Part = string;

export interface Injection {
  readonly what: string;
  /** What does not work while it lasts. */
  readonly breaks: readonly Part[];
  /** What has to work for it to be injected. */
  readonly needs: readonly Part[];
  /** Resolves when it is over, to a note for the table. */
  readonly inject: () => Promise<string | void>;
}

/** Rounds of faults that happen at the same time, at most `most` in each, in random order. Each fault comes once. */
export const roundsOf = (faults: readonly Injection[], random: () => number, most: number): Injection[][] => {
  const rounds: Injection[][] = [];
  for (const fault of shuffled(faults, random)) {
    const fitting = rounds.find((round) => round.length < most && round.every((one) => canCoincide(one, fault)));
    if (fitting) fitting.push(fault);
    else rounds.push([fault]);
  }
  return rounds;
};

export const canCoincide = (one: Injection, other: Injection): boolean => {
  const isHit = (by: Injection, { breaks, needs }: Injection) =>
    by.breaks.some((part) => breaks.includes(part) || needs.includes(part));
  return !isHit(one, other) && !isHit(other, one);
};
