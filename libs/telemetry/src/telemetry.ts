import { Metrics } from './metrics.js';

/** Sends what the registry holds somewhere, again and again. */
export interface Exporter {
  /** Sends all that was measured until now, within two seconds or not at all: a dead collector delays nobody. */
  close(): Promise<void>;
}

/** Makes the exporter of a process for an OTLP endpoint: the seam for OpenTelemetry. */
export type ExporterFactory = (endpoint: string, service: string, metrics: Metrics) => Exporter;

export interface Telemetry {
  readonly metrics: Metrics;
  /** Whether anything leaves the process. */
  readonly isExporting: boolean;
  close(): Promise<void>;
}

/**
 * The metrics of a process. They stay in it unless OTEL_EXPORTER_OTLP_ENDPOINT is set and an exporter is given.
 */
export const startTelemetry = (
  service: string,
  {
    endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT,
    exporter,
  }: { readonly endpoint?: string | undefined; readonly exporter?: ExporterFactory } = {},
): Telemetry => {
  const metrics = new Metrics();
  const exporting = endpoint && exporter ? exporter(endpoint, service, metrics) : undefined;
  return {
    metrics,
    isExporting: exporting !== undefined,
    close: async () => {
      await exporting?.close();
    },
  };
};
