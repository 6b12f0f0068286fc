import { nameProcessLog, processLog } from './process-log.js';

export interface Telemetry {
  /** Whether anything leaves the process. */
  readonly isExporting: boolean;
  /** Sends what is there, within two seconds or not at all: a dead collector delays nobody. */
  close(): Promise<void>;
}

/** Of 68 consultations a second, the national mean, three or four: enough to see where time goes. */
const USUAL_RATIO = 0.05;

/**
 * Names the process in its log, and sends traces and metrics to OTEL_EXPORTER_OTLP_ENDPOINT (OTLP over HTTP, protobuf). Without an
 * endpoint nothing is made, and nothing is loaded. To be called once, before anything else is put together.
 * @throws Error when a setting is none.
 */
export const startTelemetry = async (
  service: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Telemetry> => {
  nameProcessLog(service);
  const endpoint = env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (!endpoint || env['OTEL_SDK_DISABLED'] === 'true') return { isExporting: false, close: async () => undefined };
  const { exportTo } = await import('./otlp.js');
  const close = exportTo({
    service,
    endpoint: endpointOf(endpoint),
    ratio: numberOf(env, 'OTEL_TRACES_SAMPLER_ARG', USUAL_RATIO, { most: 1 }),
    metricsEveryMs: numberOf(env, 'OTEL_METRIC_EXPORT_INTERVAL', 15_000, { least: 100 }),
    spansEveryMs: numberOf(env, 'OTEL_BSP_SCHEDULE_DELAY', 2_000, { least: 100 }),
    onTrouble: () => processLog().warn('telemetry does not reach its collector; what cannot wait is dropped'),
  });
  return { isExporting: true, close };
};

const endpointOf = (text: string): string => {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Error('OTEL_EXPORTER_OTLP_ENDPOINT must be a URL, for example http://collector:4318');
  return text.replace(/\/+$/, '');
};

const numberOf = (
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  usual: number,
  { least = 0, most = Number.MAX_SAFE_INTEGER }: { readonly least?: number; readonly most?: number },
): number => {
  const text = env[name];
  if (text === undefined || text === '') return usual;
  const value = Number(text);
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  throw new Error(`${name} must be a number from ${least}${most === 1 ? ' to 1' : ''}`);
};
