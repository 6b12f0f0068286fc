import { randomUUID } from 'node:crypto';
import { withTimeout } from '@crossroads/configuration';
import { context, DiagLogLevel, diag, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, resourceAttributesEnvDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { measureWith } from './metrics.js';
import { observeProcess } from './process-metrics.js';
import { EntrySampler } from './sampler.js';
import { traceWith } from './tracing.js';

/** Time-out of one export request. A collector that does not answer costs the data of that request, and nothing else. */
const REQUEST_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 2_000;
/** Requests in flight at once, of each signal. */
const MAX_CONCURRENT_REQUESTS = 2;
/** Spans in the queue, about two megabytes. Further spans are dropped. */
const MAX_QUEUE_SIZE = 2_048;
/** Encoding a batch of this size takes about two milliseconds of the event loop. */
const MAX_BATCH_SIZE = 256;
const FAILURE_LOG_INTERVAL_MS = 60_000;

export interface OtlpOptions {
  readonly service: string;
  /** Of a collector that takes OTLP over HTTP, without a slash at its end. */
  readonly endpoint: string;
  /** Share of the traces that begin here. */
  readonly traceRatio: number;
  readonly metricsEveryMs: number;
  readonly spansEveryMs: number;
  /** Called when something could not be sent, at most once a minute. */
  readonly onFailure: () => void;
}

/** Exports traces and metrics to a collector, through bounded queues. Returns the function that ends it. */
export const exportTo = (options: OtlpOptions): (() => Promise<void>) => {
  const { service, endpoint, traceRatio, metricsEveryMs, spansEveryMs, onFailure } = options;
  reportExportFailures(onFailure);
  const to = (signal: string) => ({
    url: `${endpoint}/v1/${signal}`,
    timeoutMillis: REQUEST_TIMEOUT_MS,
    concurrencyLimit: MAX_CONCURRENT_REQUESTS,
  });
  // The chart's attributes (pod, node, version) come first, so that they cannot change the service's name.
  const resource = detectResources({ detectors: [resourceAttributesEnvDetector] }).merge(
    resourceFromAttributes({ 'service.name': service, 'service.instance.id': randomUUID() }),
  );
  const tracers = new TracerProvider({
    resource,
    sampler: new EntrySampler(traceRatio),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(to('traces')),
        maxQueueSize: MAX_QUEUE_SIZE,
        maxExportBatchSize: MAX_BATCH_SIZE,
        scheduledDelayMillis: spansEveryMs,
        exportTimeoutMillis: REQUEST_TIMEOUT_MS,
      }),
    ],
  });
  const meters = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(to('metrics')),
        exportIntervalMillis: metricsEveryMs,
        exportTimeoutMillis: Math.min(metricsEveryMs, REQUEST_TIMEOUT_MS),
        // There are about 3,000 institutions; the limit bounds what a bug in an attribute can create.
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
    await withTimeout(CLOSE_TIMEOUT_MS, Promise.allSettled([tracers.shutdown(), meters.shutdown()])).catch(
      () => undefined,
    );
    endProcess();
    traceWith(undefined);
    measureWith(undefined);
    trace.disable();
    context.disable();
    diag.disable();
  };
};

/** OpenTelemetry's own messages hold addresses and stacks, so they are not logged: only that something failed. */
const reportExportFailures = (onFailure: () => void): void => {
  let lastReportAt = Number.NEGATIVE_INFINITY;
  const report = () => {
    const now = performance.now();
    if (now - lastReportAt < FAILURE_LOG_INTERVAL_MS) return;
    lastReportAt = now;
    onFailure();
  };
  const ignore = () => undefined;
  diag.setLogger({ error: report, warn: report, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN);
};
