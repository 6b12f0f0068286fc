import { type Attributes, metricAttributes } from './attributes.js';

/** `crossroads.<noun>.<unit>`, for example `crossroads.consultations.total` or `crossroads.call.milliseconds`. */
export type MetricName = `crossroads.${string}.${string}`;

export interface Counter {
  add(value?: number, attributes?: Attributes): void;
}

export interface Histogram {
  record(value: number, attributes?: Attributes): void;
}

export interface CounterReading {
  readonly kind: 'counter';
  readonly name: MetricName;
  readonly attributes: Attributes;
  readonly value: number;
}

export interface HistogramReading {
  readonly kind: 'histogram';
  readonly name: MetricName;
  readonly attributes: Attributes;
  readonly count: number;
  readonly sum: number;
  readonly max: number;
  /** How many values were at most each bound; the last has no bound. */
  readonly buckets: readonly number[];
}

export type Reading = CounterReading | HistogramReading;

const NAME = /^crossroads\.[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/;

/** Doubling from 0.25: fits milliseconds and counts alike. */
export const bucketBounds: readonly number[] = Array.from({ length: 18 }, (_, i) => 0.25 * 2 ** i);

/** A bug that makes up attribute values must not eat the memory: from here on they are counted together. */
const MOST_SERIES = 2_000;

const OVERFLOW: Attributes = { outcome: 'overflow' };

const keyOf = (attributes: Attributes): string => metricAttributes.map((name) => attributes[name] ?? '').join('\u0000');

/** The values of one metric, by their attributes. */
class Series<Cell> {
  private readonly cells = new Map<string, { readonly attributes: Attributes; readonly cell: Cell }>();

  constructor(private readonly fresh: () => Cell) {}

  cell(attributes: Attributes): Cell {
    const known = this.cells.get(keyOf(attributes));
    if (known) return known.cell;
    if (this.cells.size >= MOST_SERIES && attributes !== OVERFLOW) return this.cell(OVERFLOW);
    const cell = this.fresh();
    this.cells.set(keyOf(attributes), { attributes, cell });
    return cell;
  }

  all(): { readonly attributes: Attributes; readonly cell: Cell }[] {
    return [...this.cells.values()];
  }
}

class CounterCell {
  value = 0;
}

class HistogramCell {
  count = 0;
  sum = 0;
  max = 0;
  readonly buckets: number[] = Array.from({ length: bucketBounds.length + 1 }, () => 0);

  record(value: number): void {
    this.count++;
    this.sum += value;
    if (value > this.max) this.max = value;
    const bound = bucketBounds.findIndex((limit) => value <= limit);
    const at = bound === -1 ? bucketBounds.length : bound;
    this.buckets[at] = (this.buckets[at] ?? 0) + 1;
  }
}

/** The metrics of a process, read by whoever exports or tests them. */
export class Metrics {
  private readonly counters = new Map<MetricName, Series<CounterCell>>();
  private readonly histograms = new Map<MetricName, Series<HistogramCell>>();

  /** The same counter for the same name. @throws TypeError for a name that is not `crossroads.<noun>.<unit>`. */
  counter(name: MetricName): Counter {
    const series = this.seriesOf(this.counters, name, () => new CounterCell());
    return {
      add: (value = 1, attributes = {}) => {
        series.cell(attributes).value += value;
      },
    };
  }

  histogram(name: MetricName): Histogram {
    const series = this.seriesOf(this.histograms, name, () => new HistogramCell());
    return { record: (value, attributes = {}) => series.cell(attributes).record(value) };
  }

  read(): Reading[] {
    const readings: Reading[] = [];
    for (const [name, series] of this.counters)
      for (const { attributes, cell } of series.all())
        readings.push({ kind: 'counter', name, attributes, value: cell.value });
    for (const [name, series] of this.histograms)
      for (const { attributes, cell } of series.all()) {
        const { count, sum, max, buckets } = cell;
        readings.push({ kind: 'histogram', name, attributes, count, sum, max, buckets: [...buckets] });
      }
    return readings;
  }

  private seriesOf<Cell>(all: Map<MetricName, Series<Cell>>, name: MetricName, fresh: () => Cell): Series<Cell> {
    if (!NAME.test(name)) throw new TypeError(`${name} is not named crossroads.<noun>.<unit>`);
    const known = all.get(name);
    if (known) return known;
    const series = new Series(fresh);
    all.set(name, series);
    return series;
  }
}
