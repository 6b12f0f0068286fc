import { readConfiguration, telemetrySettings } from '@crossroads/configuration';
import { nameProcessLog, processLog } from './process-log.js';

export interface Telemetry {
  /** Whether anything leaves the process. */
  readonly isExporting: boolean;
  /** Sends what is there, within two seconds or not at all: a dead collector delays nobody. */
  close(): Promise<void>;
}

/**
 * Names the process in its log, and sends traces and metrics to OTEL_EXPORTER_OTLP_ENDPOINT (OTLP over HTTP, protobuf). Without an
 * endpoint nothing is made, and nothing is loaded. To be called once, before anything else is put together.
 * @throws BadConfiguration
 */
export const startTelemetry = async (
  service: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Telemetry> => {
  const settings = readConfiguration(telemetrySettings, env);
  nameProcessLog(service, settings.logLevel);
  const { otlpEndpoint: endpoint, traceRatio, metricsEveryMs, spansEveryMs } = settings;
  if (endpoint === undefined) return { isExporting: false, close: async () => undefined };
  const { exportTo } = await import('./otlp.js');
  const onTrouble = () => processLog().warn('telemetry does not reach its collector; what cannot wait is dropped');
  const close = exportTo({ service, endpoint, traceRatio, metricsEveryMs, spansEveryMs, onTrouble });
  return { isExporting: true, close };
};
