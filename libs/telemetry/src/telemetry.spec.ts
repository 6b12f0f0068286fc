import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  activeTraceparent,
  counter,
  histogram,
  isMeasuring,
  METRICS,
  type MetricName,
  observe,
  prometheusName,
  serveCall,
  startTelemetry,
  traceBatch,
  traceCall,
} from './index.js';

const CONSULT = '/crossroads.exchange.v1.ExchangeService/Consult';

let ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.toReversed()) await end();
  ending = [];
});

/** A collector that records what it receives; with `answers` false it never answers. */
const collector = async (answers = true) => {
  const received: { readonly path: string; readonly body: Buffer }[] = [];
  /** Requests whose sender still waits for an answer. */
  const waiting = new Set<unknown>();
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('close', () => waiting.delete(response));
    request.on('end', () => {
      received.push({ path: request.url ?? '', body: Buffer.concat(chunks) });
      if (answers) response.end();
      else waiting.add(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ending.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const text = (path: string) =>
    received
      .filter((one) => one.path === path)
      .map(({ body }) => body.toString('latin1'))
      .join('\n');
  return { endpoint: `http://127.0.0.1:${port}`, waiting, text };
};

const start = async (endpoint: string, env: Record<string, string> = {}) => {
  const telemetry = await startTelemetry('spec', { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, LOG_LEVEL: 'error', ...env });
  ending.push(() => telemetry.close());
  return telemetry;
};

describe('telemetry', () => {
  it('is off without an endpoint, and passes work through unchanged', async () => {
    const telemetry = await startTelemetry('spec', {});
    expect(telemetry.isExporting).toBe(false);
    expect(isMeasuring()).toBe(false);
    counter('crossroads.decisions').add(1, { outcome: 'ALLOWED', reason: '' });
    histogram('crossroads.consultation.duration.seconds').record(1, { status: 'REFUSED' });
    expect(serveCall(CONSULT, undefined, false)).toBeUndefined();
    expect(await traceCall(CONSULT, async (traceparent) => traceparent, String)).toBeUndefined();
    expect(
      await traceBatch('take', 'crossroads.access.exchange.v1', [{}], async () => activeTraceparent()),
    ).toBeUndefined();
    await telemetry.close();
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_TRACES_SAMPLER_ARG', '5'],
    ['OTEL_TRACES_SAMPLER_ARG', 'always'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '0'],
    ['LOG_LEVEL', 'loud'],
  ])('refuses to start with %s=%s', async (name, value) => {
    await expect(
      startTelemetry('spec', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:1', [name]: value }),
    ).rejects.toThrow(name);
  });

  it('sends the spans and metrics it still holds when it closes', async () => {
    const { endpoint, text } = await collector();
    const telemetry = await start(endpoint, { OTEL_TRACES_SAMPLER_ARG: '1' });
    observe('crossroads.policy_revision', () => 42);
    observe('crossroads.deliveries_parked', async () => [{ value: 3, of: { topic: 'crossroads.person.v1' } }]);
    observe('crossroads.policy_age.seconds', () => {
      throw new Error('away');
    });
    counter('crossroads.decisions').add(1, { outcome: 'REFUSED', reason: 'NO_GRANT' });
    const call = serveCall(CONSULT, undefined, false);
    const sent = await call?.run(() =>
      traceCall('/crossroads.directory.v1.DirectoryService/Check', async (traceparent) => traceparent, String),
    );
    call?.end('OK');
    expect(sent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    await telemetry.close();
    expect(text('/v1/traces')).toContain('crossroads.exchange.v1.ExchangeService/Consult');
    expect(text('/v1/traces')).toContain('crossroads.directory.v1.DirectoryService/Check');
    for (const name of ['crossroads.decisions', 'crossroads.policy_revision', 'crossroads.deliveries_parked'])
      expect(text('/v1/metrics')).toContain(name);
    expect(text('/v1/metrics')).not.toContain('crossroads.policy_age');
    expect(isMeasuring()).toBe(false);
  });

  it('records the configured share of traces, and gives every trace an id', async () => {
    const { endpoint, text } = await collector();
    const telemetry = await start(endpoint, { OTEL_TRACES_SAMPLER_ARG: '0' });
    const call = serveCall(CONSULT, `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`, false);
    expect(call?.run(() => activeTraceparent())).toMatch(new RegExp(`^00-${'ab'.repeat(16)}-[0-9a-f]{16}-00$`));
    call?.end('OK');
    await telemetry.close();
    expect(text('/v1/traces')).toBe('');
  });

  it('begins no trace for calls that a service makes on its own, outside any trace', async () => {
    const { endpoint } = await collector();
    await start(endpoint, { OTEL_TRACES_SAMPLER_ARG: '1' });
    expect(serveCall(CONSULT, undefined, true)).toBeUndefined();
    expect(
      serveCall(CONSULT, `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-00`, true)?.run(() => activeTraceparent()),
    ).toMatch(/-00$/);
  });

  it('gives each recorded trace of a batch a span of its own', async () => {
    const { endpoint, text } = await collector();
    const telemetry = await start(endpoint, { OTEL_TRACES_SAMPLER_ARG: '0' });
    const of = (trace: string, flags: string) => ({ traceparent: `00-${trace.repeat(16)}-${'cd'.repeat(8)}-${flags}` });
    const inside = await traceBatch(
      'take',
      'crossroads.access.exchange.v1',
      [of('aa', '00'), {}, of('bb', '01'), of('bb', '01'), of('cc', '01')],
      async () => activeTraceparent(),
    );
    expect(inside).toContain('bb'.repeat(16));
    expect(
      await traceBatch('take', 'crossroads.access.exchange.v1', [of('aa', '00')], async () => activeTraceparent()),
    ).toBeUndefined();
    const failing = traceBatch('publish', 'crossroads.access.exchange.v1', [of('dd', '01')], () =>
      Promise.reject(new Error('away')),
    );
    await expect(failing).rejects.toThrow('away');
    await telemetry.close();
    const bytes = (trace: string) => Buffer.from(trace.repeat(16), 'hex').toString('latin1');
    const sent = text('/v1/traces');
    expect(['aa', 'bb', 'cc', 'dd'].map((trace) => sent.includes(bytes(trace)))).toEqual([false, true, true, true]);
  });

  it('closes although nothing listens at the endpoint', async () => {
    const telemetry = await start('http://127.0.0.1:1', { OTEL_TRACES_SAMPLER_ARG: '1' });
    for (let n = 0; n < 5_000; n++) serveCall(CONSULT, undefined, false)?.end('OK');
    await expect(telemetry.close()).resolves.toBeUndefined();
  });

  it('closes without waiting for a collector that never answers', async () => {
    const { endpoint, waiting } = await collector(false);
    const telemetry = await start(endpoint, { OTEL_TRACES_SAMPLER_ARG: '1' });
    for (let n = 0; n < 5_000; n++) serveCall(CONSULT, undefined, false)?.end('OK');
    await telemetry.close();
    // Its requests have a longer time-out than the close, so that they are still open now.
    expect(waiting.size).toBeGreaterThan(0);
  });
});

describe('the table of metrics', () => {
  const names = Object.keys(METRICS).filter((name): name is MetricName => name in METRICS);

  it('has the names that dashboards and alert rules use', () => {
    expect(names.map(prometheusName).toSorted()).toEqual([
      'crossroads_audit_age_seconds',
      'crossroads_broker_rights_age_seconds',
      'crossroads_broker_rights_corrected_total',
      'crossroads_call_duration_seconds',
      'crossroads_calls_in_flight',
      'crossroads_calls_limited_total',
      'crossroads_consultation_duration_seconds',
      'crossroads_consumer_lag_seconds',
      'crossroads_database_pool_in_use',
      'crossroads_database_pool_waiting',
      'crossroads_decisions_total',
      'crossroads_deliveries_lost_at_source',
      'crossroads_deliveries_parked',
      'crossroads_deliveries_pruned_total',
      'crossroads_delivery_age_seconds',
      'crossroads_delivery_lag_messages',
      'crossroads_delivery_lag_seconds',
      'crossroads_directory_waits_total',
      'crossroads_documents_failed_total',
      'crossroads_event_loop_delay_seconds',
      'crossroads_event_loop_utilization_ratio',
      'crossroads_http_request_duration_seconds',
      'crossroads_journal_age_seconds',
      'crossroads_lane_calls_in_flight',
      'crossroads_lane_calls_queued',
      'crossroads_lane_calls_total',
      'crossroads_leases_lost_total',
      'crossroads_log_forked',
      'crossroads_log_gaps_filled_total',
      'crossroads_log_needs_newer_version',
      'crossroads_log_partitions_held',
      'crossroads_log_stamp_lag_seconds',
      'crossroads_log_trimmed_total',
      'crossroads_log_withheld_total',
      'crossroads_messages_refused_total',
      'crossroads_open_download_age_seconds',
      'crossroads_policy_age_seconds',
      'crossroads_policy_forked',
      'crossroads_policy_needs_newer_version',
      'crossroads_policy_revision',
      'crossroads_policy_rolled_back',
      'crossroads_provider_event_lag_messages',
      'crossroads_provider_event_lag_seconds',
      'crossroads_publications_total',
      'crossroads_receipts_outstanding',
      'crossroads_relay_errors_total',
      'crossroads_relay_lag_seconds',
      'crossroads_resident_memory_bytes',
      'crossroads_sessions',
      'crossroads_sign_ins_total',
      'crossroads_snapshot_persons',
      'crossroads_snapshot_persons_waiting',
      'crossroads_subject_keys_missing',
      'crossroads_timer_delay_seconds',
    ]);
  });

  it('has units with which a collector keeps each name as it is', () => {
    for (const name of names) {
      const { unit } = METRICS[name];
      const suffix = { s: '_seconds', By: '_bytes', '1': '_ratio' }[unit] ?? '';
      expect([name, prometheusName(name).endsWith(suffix), suffix !== '' || /^\{[a-z]+\}$/.test(unit)]).toEqual([
        name,
        true,
        true,
      ]);
    }
  });
});
