import type { Meter } from '@opentelemetry/api';
import { type Labels, METRICS, type MetricName, type NameOf } from './metric-table.js';

/** Seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10];

/** A gauge's value, or one for each set of attributes; nothing when there is no value now. */
export type Readings<Name extends MetricName> =
  | number
  | undefined
  | readonly { readonly value: number; readonly of: Labels<Name> }[];

interface Reading {
  readonly value: number;
  readonly of: Readonly<Record<string, string>>;
}

type Reader = () => number | undefined | readonly Reading[] | Promise<number | undefined | readonly Reading[]>;

let meter: Meter | undefined;
const readers = new Map<string, Set<Reader>>();
const attached = new Set<string>();

/** Whether metrics are exported. When they are not, callers need not measure. */
export const isMeasuring = (): boolean => meter !== undefined;

/** A counter of the metric table. Does nothing without telemetry. */
export const counter = <Name extends NameOf<'counter'>>(name: Name) => {
  const instrument = lazily((now) => now.createCounter(name, described(name)));
  return { add: (value: number, labels: Labels<Name>): void => instrument()?.add(value, labels) };
};

/** A histogram of the metric table, in seconds. Does nothing without telemetry. */
export const histogram = <Name extends NameOf<'histogram'>>(name: Name) => {
  const instrument = lazily((now) =>
    now.createHistogram(name, { ...described(name), advice: { explicitBucketBoundaries: BUCKETS } }),
  );
  return { record: (value: number, labels: Labels<Name>): void => instrument()?.record(value, labels) };
};

/**
 * Reads a gauge whenever metrics are exported. A reader that throws has no value that time. Returns the function that removes the
 * reader.
 */
export const observe = <Name extends NameOf<'gauge'>>(
  name: Name,
  read: () => Readings<Name> | Promise<Readings<Name>>,
): (() => void) => {
  const all = readers.get(name) ?? new Set();
  readers.set(name, all.add(read));
  if (meter) attach(meter, name);
  return () => void all.delete(read);
};

/** Sets the meter; `undefined` turns metrics off. */
export const measureWith = (to: Meter | undefined): void => {
  meter = to;
  attached.clear();
  if (to) for (const name of readers.keys()) attach(to, name);
};

const described = (name: MetricName) => ({ unit: METRICS[name].unit, description: METRICS[name].says });

const lazily = <Instrument>(make: (meter: Meter) => Instrument): (() => Instrument | undefined) => {
  let made: { readonly of: Meter; readonly instrument: Instrument } | undefined;
  return () => {
    if (meter === undefined) return undefined;
    if (made?.of !== meter) made = { of: meter, instrument: make(meter) };
    return made.instrument;
  };
};

const isMetric = (name: string): name is MetricName => name in METRICS;

const attach = (to: Meter, name: string): void => {
  if (attached.has(name) || !isMetric(name)) return;
  attached.add(name);
  to.createObservableGauge(name, described(name)).addCallback(async (result) => {
    for (const read of readers.get(name) ?? [])
      for (const { value, of } of await readingsOf(read)) result.observe(value, of);
  });
};

const readingsOf = async (read: Reader): Promise<readonly Reading[]> => {
  try {
    const readings = await read();
    return typeof readings === 'number' ? [{ value: readings, of: {} }] : (readings ?? []);
  } catch {
    // For example because the database is away.
    return [];
  }
};
