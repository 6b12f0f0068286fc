import { AsyncLocalStorage } from 'node:async_hooks';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Context,
  type ContextManager,
  context,
  createContextKey,
  ROOT_CONTEXT,
  type Span,
  trace,
} from '@opentelemetry/api';
import { Batcher } from './batcher.js';
import { BatchingAppender } from './batching-appender.js';
import type { StreamAppend } from './event-store.js';
import type { Append } from './postgres-event-store.js';

const TRACE = 'ab'.repeat(16);
const storage = new AsyncLocalStorage<Context>();

beforeAll(() => {
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (within, work, self, ...args) => storage.run(within, () => work.call(self, ...args)),
    bind: (_within, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  context.setGlobalContextManager(manager);
});
afterAll(() => context.disable());

/** A span, recorded or not, of which a test asks no more than this. */
const spanOf = (traceId: string, recorded: boolean): Span => {
  const span = trace.wrapSpanContext({ traceId, spanId: 'cd'.repeat(8), traceFlags: recorded ? 1 : 0 });
  span.isRecording = () => recorded;
  return span;
};

const inTrace = <Result>(recorded: boolean, work: () => Result, from = ROOT_CONTEXT): Result =>
  context.with(trace.setSpan(from, spanOf(TRACE, recorded)), work);

const append = (metadata?: Record<string, string>): StreamAppend => ({
  streamId: 's',
  streamType: 'spec',
  expectedRevision: 0n,
  events: [{ type: 'Tested', data: {}, ...(metadata ? { metadata } : {}) }],
});

/** What came of an append's metadata. */
const stored = async (one: StreamAppend, within: (work: () => Promise<void>) => Promise<void>) => {
  const batches: (readonly Append[])[] = [];
  const appender = new BatchingAppender({ appendAll: async (batch) => void batches.push(batch) });
  await within(() => appender.append([one]));
  return batches[0]?.[0]?.appends[0]?.events[0]?.metadata;
};

describe('what is appended', () => {
  it('carries the trace in which that was, when it is recorded', async () => {
    expect(await stored(append({ actor: 'x' }), (work) => inTrace(true, work))).toEqual({
      actor: 'x',
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
    });
  });

  it('carries none when that is not recorded, or there is none', async () => {
    expect(await stored(append(), (work) => inTrace(false, work))).toBeUndefined();
    expect(await stored(append(), (work) => work())).toBeUndefined();
  });

  it('keeps the trace of the event that it comes of', async () => {
    const own = { traceparent: `00-${'ef'.repeat(16)}-${'cd'.repeat(8)}-01` };
    expect(await stored(append(own), (work) => inTrace(true, work))).toEqual(own);
  });

  it('of a batch says itself from where it comes', async () => {
    const ofMany = ROOT_CONTEXT.setValue(createContextKey('crossroads of many'), true);
    expect(await stored(append(), (work) => inTrace(true, work, ofMany))).toBeUndefined();
  });
});

describe('a batch of several callers', () => {
  it('is loaded in the first of their traces that is recorded', async () => {
    const traces: (string | undefined)[] = [];
    const batcher = new Batcher(async (batch: readonly number[]) => {
      traces.push(trace.getActiveSpan()?.spanContext().traceId);
      return batch;
    });
    const other = spanOf('11'.repeat(16), false);
    await Promise.all([
      context.with(trace.setSpan(ROOT_CONTEXT, other), () => batcher.load(1)),
      batcher.load(2),
      inTrace(true, () => batcher.load(3)),
    ]);
    await context.with(trace.setSpan(ROOT_CONTEXT, other), () => batcher.load(4));
    expect(traces).toEqual([TRACE, undefined]);
  });
});
