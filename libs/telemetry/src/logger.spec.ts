import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { createLogger, type LoggerOptions } from './index.js';

const SSIN = '81050103522';

const logged = (options: LoggerOptions = {}) => {
  const lines: string[] = [];
  return { lines, log: createLogger('spec', { ...options, destination: { write: (line) => lines.push(line) } }) };
};

describe('a logger', () => {
  beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
  afterAll(() => context.disable());

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
    expect(lines[0]).not.toContain('trace_id');
  });

  it('writes the active trace and span', async () => {
    const { lines, log } = logged();
    const span = trace.wrapSpanContext({ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 0 });
    await context.with(trace.setSpan(ROOT_CONTEXT, span), async () => {
      await Promise.resolve();
      log.error('unexpected');
    });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ trace_id: 'ab'.repeat(16), span_id: 'cd'.repeat(8) });
  });

  it('writes no SSIN, in the message or in any field', () => {
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
