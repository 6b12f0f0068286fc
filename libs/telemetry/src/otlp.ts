import { randomUUID } from 'node:crypto';
import { context, DiagLogLevel, diag, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, resourceAttributesEnvDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { measureWith } from './metrics.js';
import { observeProcess } from './process-metrics.js';
import { DoorSampler } from './sampler.js';
import { traceWith } from './tracing.js';

/** For one request to the collector; one that does not answer costs the telemetry in it, and nothing else. */
const REQUEST_MS = 5_000;
const CLOSE_MS = 2_000;
/** Requests that may wait for an answer at once, of each kind. */
const REQUESTS = 2;
/** Spans that may wait to be sent: some two megabytes. What comes beyond them is dropped. */
const QUEUE = 2_048;
/** So many are encoded at once: about two milliseconds. */
const BATCH = 256;
const SAY_EVERY_MS = 60_000;

export interface OtlpOptions {
  readonly service: string;
  /** Of a collector that takes OTLP over HTTP, without a slash at its end. */
  readonly endpoint: string;
  /** Share of the traces that begin here. */
  readonly traceRatio: number;
  readonly metricsEveryMs: number;
  readonly spansEveryMs: number;
  /** What could not be sent; at most once a minute. */
  readonly onTrouble: () => void;
}

/** Traces and metrics to a collector, through queues that never grow beyond their bounds. Gives what ends it. */
export const exportTo = (options: OtlpOptions): (() => Promise<void>) => {
  const { service, endpoint, traceRatio, metricsEveryMs, spansEveryMs, onTrouble } = options;
  sayOnce(onTrouble);
  const to = (signal: string) => ({
    url: `${endpoint}/v1/${signal}`,
    timeoutMillis: REQUEST_MS,
    concurrencyLimit: REQUESTS,
  });
  // What a chart adds (pod, node, version) first: nobody else is this service.
  const resource = detectResources({ detectors: [resourceAttributesEnvDetector] }).merge(
    resourceFromAttributes({ 'service.name': service, 'service.instance.id': randomUUID() }),
  );
  const tracers = new TracerProvider({
    resource,
    sampler: new DoorSampler(traceRatio),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(to('traces')),
        maxQueueSize: QUEUE,
        maxExportBatchSize: BATCH,
        scheduledDelayMillis: spansEveryMs,
        exportTimeoutMillis: REQUEST_MS,
      }),
    ],
  });
  const meters = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(to('metrics')),
        exportIntervalMillis: metricsEveryMs,
        exportTimeoutMillis: Math.min(metricsEveryMs, REQUEST_MS),
        // There are some 3,000 institutions; a bug that makes up attributes still finds an end.
        cardinalityLimits: { default: 2_000, observableGauge: 10_000 },
      }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(tracers);
  traceWith(tracers.getTracer('crossroads'));
  measureWith(meters.getMeter('crossroads'));
  const endProcess = observeProcess();
  return async () => {
    await noLongerThan(CLOSE_MS, Promise.allSettled([tracers.shutdown(), meters.shutdown()]));
    endProcess();
    traceWith(undefined);
    measureWith(undefined);
    trace.disable();
    context.disable();
    diag.disable();
  };
};

/** What OpenTelemetry has to say holds addresses and stacks: that something is wrong is enough. */
const sayOnce = (onTrouble: () => void): void => {
  let saidAt = Number.NEGATIVE_INFINITY;
  const say = () => {
    const now = performance.now();
    if (now - saidAt < SAY_EVERY_MS) return;
    saidAt = now;
    onTrouble();
  };
  const nothing = () => undefined;
  diag.setLogger({ error: say, warn: say, info: nothing, debug: nothing, verbose: nothing }, DiagLogLevel.WARN);
};

const noLongerThan = async (ms: number, work: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
};
