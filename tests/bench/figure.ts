/** One measured thing beside what it is held against. */
export interface Figure {
  readonly what: string;
  /** As it is printed, with its unit. */
  readonly measured: string;
  /** What it is held against, measured in the same run, or fixed. */
  readonly against: string;
  /** Measured ÷ limit, where there is one. */
  readonly ratio?: number;
  readonly goal: string;
  readonly reached: boolean;
  /** Processor time, latencies and what else belongs to it. */
  readonly besides?: string;
}

/** What a benchmark is given. */
export interface Bench {
  readonly name: string;
  /** `named`: somebody asked for this one, and has the time for all of it. */
  readonly run: (say: (line: string) => void, named: boolean) => Promise<readonly Figure[]>;
}

export const shown = ({ what, measured, against, ratio, goal, reached, besides }: Figure): string => {
  const held = ratio === undefined ? against : `${against}, ratio ${ratio.toFixed(3)}`;
  const line = `${reached ? 'reached    ' : 'NOT REACHED'} ${what.padEnd(30)} ${measured.padEnd(24)} | ${held} | goal ${goal}`;
  return besides === undefined ? line : `${line}\n              ${besides}`;
};

export const whole = (value: number): string => Math.round(value).toLocaleString('en');

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};
