import type { Meter } from '@opentelemetry/api';
import { type Labels, METRICS, type MetricName, type NameOf } from './metric-table.js';

/** Seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10];

/** A gauge's value, or one for each set of attributes. Nothing: there is none now. */
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

/** Whether metrics are sent anywhere; what measuring itself would cost is spared when not. */
export const isMeasuring = (): boolean => meter !== undefined;

/** A counter of the table. Without telemetry it does nothing. */
export const counter = <Name extends NameOf<'counter'>>(name: Name) => {
  const instrument = lazily((now) => now.createCounter(name, described(name)));
  return { add: (value: number, labels: Labels<Name>): void => instrument()?.add(value, labels) };
};

/** A histogram of the table, in seconds. Without telemetry it does nothing. */
export const histogram = <Name extends NameOf<'histogram'>>(name: Name) => {
  const instrument = lazily((now) =>
    now.createHistogram(name, { ...described(name), advice: { explicitBucketBoundaries: BUCKETS } }),
  );
  return { record: (value: number, labels: Labels<Name>): void => instrument()?.record(value, labels) };
};

/**
 * Has a gauge read whenever metrics are sent, as long as telemetry is on. A reader that throws has no value this time. Gives
 * what ends it.
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

/** Where metrics go from here on; nothing ends it. */
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
    // A database that is away has no backlog to tell of.
    return [];
  }
};
