/** A measured value, its reference and its goal. */
export interface Figure {
  readonly what: string;
  /** Formatted, with its unit. */
  readonly measured: string;
  /** The reference value: measured in the same run, or fixed. */
  readonly against: string;
  /** Measured value ÷ reference. */
  readonly ratio?: number;
  readonly goal: string;
  readonly reached: boolean;
  /** Printed below it: processor time, latencies. */
  readonly details?: string;
}

/** A benchmark. */
export interface Bench {
  readonly name: string;
  /** `named`: the benchmark was named on the command line, so that it may take longer. */
  readonly run: (report: (line: string) => void, named: boolean) => Promise<readonly Figure[]>;
}

export const formatted = ({ what, measured, against, ratio, goal, reached, details }: Figure): string => {
  const reference = ratio === undefined ? against : `${against}, ratio ${ratio.toFixed(3)}`;
  const line = `${reached ? 'reached    ' : 'NOT REACHED'} ${what.padEnd(30)} ${measured.padEnd(24)} | ${reference} | goal ${goal}`;
  return details === undefined ? line : `${line}\n              ${details}`;
};

export const rounded = (value: number): string => Math.round(value).toLocaleString('en');

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};
