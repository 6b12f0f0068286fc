import { describe, expect, it } from '@jest/globals';
import { bucketBounds, createLogger, type LoggerOptions, type MetricName, Metrics, startTelemetry } from './index.js';

const SSIN = '81050103522';

const logged = (options: LoggerOptions = {}) => {
  const lines: string[] = [];
  return { lines, log: createLogger('spec', { ...options, destination: { write: (line) => lines.push(line) } }) };
};

describe('a logger', () => {
  it('writes JSON lines with the service, the level and the time', () => {
    const { lines, log } = logged();
    log.info('listening', { port: 8443 });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      service: 'spec',
      msg: 'listening',
      port: 8443,
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  it('writes no SSIN, wherever it stands', () => {
    const { lines, log } = logged();
    log.error(`cannot read ${SSIN}`, { error: new Error(`no ${SSIN}`), nested: { list: [SSIN] }, ssin: SSIN });
    log.with({ who: SSIN }).warn('81.05.01-035.22');
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toMatch(/81050103522|81\.05\.01-035\.22/);
  });

  it('writes nothing below its level', () => {
    const { lines, log } = logged({ level: 'warn' });
    log.info('quiet');
    log.debug('quieter');
    log.warn('loud');
    expect(lines).toHaveLength(1);
  });
});

describe('metrics', () => {
  it('count by attributes', () => {
    const metrics = new Metrics();
    metrics.counter('crossroads.calls.total').add(1, { rpc: '/a', code: 'OK' });
    metrics.counter('crossroads.calls.total').add(2, { code: 'OK', rpc: '/a' });
    metrics.counter('crossroads.calls.total').add();
    expect(metrics.read()).toEqual([
      { kind: 'counter', name: 'crossroads.calls.total', attributes: { rpc: '/a', code: 'OK' }, value: 3 },
      { kind: 'counter', name: 'crossroads.calls.total', attributes: {}, value: 1 },
    ]);
  });

  it('hold how values are spread', () => {
    const metrics = new Metrics();
    const call = metrics.histogram('crossroads.call.milliseconds');
    for (const value of [0.1, 0.25, 3, 1_000_000]) call.record(value);
    const [reading] = metrics.read();
    expect(reading).toMatchObject({ kind: 'histogram', count: 4, sum: 1_000_003.35, max: 1_000_000 });
    const buckets = reading?.kind === 'histogram' ? reading.buckets : [];
    expect([buckets[0], buckets[bucketBounds.indexOf(4)], buckets.at(-1)]).toEqual([2, 1, 1]);
  });

  it.each(['calls.total', 'crossroads.calls', 'crossroads.Calls.total', 'crossroads.a.b.c'])(
    'are not named %s',
    (name) => {
      expect(() => new Metrics().counter(name as MetricName)).toThrow(TypeError);
    },
  );

  it('do not grow without end when attributes are made up', () => {
    const metrics = new Metrics();
    const counter = metrics.counter('crossroads.calls.total');
    for (let i = 0; i < 5_000; i++) counter.add(1, { reason: `r${i}` });
    const readings = metrics.read();
    expect(readings.length).toBeLessThanOrEqual(2_001);
    expect(readings.at(-1)).toMatchObject({ attributes: { outcome: 'overflow' }, value: 3_000 });
  });
});

describe('telemetry', () => {
  const exporter = () => ({ close: async () => undefined });

  it('stays in the process unless an endpoint is set', async () => {
    expect(startTelemetry('spec', { endpoint: '', exporter }).isExporting).toBe(false);
    expect(startTelemetry('spec', { endpoint: 'http://collector:4317' }).isExporting).toBe(false);
    const telemetry = startTelemetry('spec', { endpoint: 'http://collector:4317', exporter });
    expect(telemetry.isExporting).toBe(true);
    await telemetry.close();
  });
});
