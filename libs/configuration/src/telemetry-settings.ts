import { oneOf, optional, type Setting, wholeNumber } from './setting.js';

const endpoint: Setting<string> = {
  name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  description: 'collector that takes OTLP over HTTP; without one there are no traces and metrics',
  read: (text) => {
    if (!/^https?:$/.test(URL.parse(text)?.protocol ?? '')) throw new Error('must be a URL, http://collector:4318');
    return text.replace(/\/+$/, '');
  },
};

const ratio: Setting<number> = {
  name: 'OTEL_TRACES_SAMPLER_ARG',
  description: 'share of the traces that are recorded, 0 to 1; access records always are',
  // Of 68 consultations a second, the national mean, three or four: enough to see where time goes.
  default: '0.05',
  read: (text) => {
    const value = Number(text);
    if (!(value >= 0 && value <= 1)) throw new Error('must be a number from 0 to 1');
    return value;
  },
};

const HOUR_MS = 3_600_000;

/** What a process tells of itself, and whom: OpenTelemetry's own names. */
export const telemetrySettings = {
  otlpEndpoint: optional(endpoint),
  traceRatio: ratio,
  metricsEveryMs: wholeNumber('OTEL_METRIC_EXPORT_INTERVAL', 'milliseconds between two looks at metrics', {
    min: 100,
    max: HOUR_MS,
    // Reading, encoding and sending them costs a process some ten milliseconds.
    default: '30000',
  }),
  spansEveryMs: wholeNumber('OTEL_BSP_SCHEDULE_DELAY', 'milliseconds for which spans are collected', {
    min: 100,
    max: HOUR_MS,
    default: '2000',
  }),
  logLevel: oneOf('LOG_LEVEL', 'which lines of its log it writes', ['debug', 'info', 'warn', 'error'], {
    default: 'info',
  }),
} as const;
