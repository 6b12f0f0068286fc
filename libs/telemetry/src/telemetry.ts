import { TelemetrySettings } from '@crossroads/configuration';
import { nameProcessLog, processLog } from './process-log.js';

export interface Telemetry {
  /** Whether traces and metrics are exported. */
  readonly isExporting: boolean;
  /** Exports what is in the queues, for two seconds at most: a collector that is down delays no stop. */
  close(): Promise<void>;
}

/**
 * Sets up the process's log, and exports traces and metrics to OTEL_EXPORTER_OTLP_ENDPOINT (OTLP over HTTP, protobuf). Without an
 * endpoint the SDK is not even loaded. Call it once, before the application is created.
 * @throws BadConfiguration
 */
export const startTelemetry = async (
  service: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Telemetry> => {
  const settings = new TelemetrySettings(env);
  nameProcessLog(service, settings.LOG_LEVEL);
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = settings;
  if (endpoint === undefined) return { isExporting: false, close: async () => undefined };
  const { exportTo } = await import('./otlp.js');
  const close = exportTo({
    service,
    endpoint,
    traceRatio: settings.OTEL_TRACES_SAMPLER_ARG,
    metricsEveryMs: settings.OTEL_METRIC_EXPORT_INTERVAL,
    spansEveryMs: settings.OTEL_BSP_SCHEDULE_DELAY,
    onFailure: () =>
      processLog().warn('telemetry cannot reach its collector; what does not fit into the queue is dropped'),
  });
  return { isExporting: true, close };
};
