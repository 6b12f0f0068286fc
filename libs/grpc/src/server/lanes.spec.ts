import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { CallOptions } from '../client/client.js';
import { failureOf } from '../testing/echo-server.js';
import { request, response } from '../testing/echo-service.js';
import { until } from '../testing/until.js';
import { WorkServer } from '../testing/work-server.js';
import { LANE_HEADER } from '../lane-header.js';
import { Lanes } from './lanes.js';
import type { ServerLimits } from './server.js';

/** Longer than any of these specs. */
const PATIENT = { deadlineMs: 100_000 };
/** Over before a refused call is tried again. */
const IMPATIENT = { deadlineMs: 4_000 };

describe('lanes of work', () => {
  let server: WorkServer;
  /** Ends the calls whose topic begins with `held`. */
  let release: () => void;

  const start = async (limits: ServerLimits) => {
    const held = Promise.withResolvers<void>();
    release = held.resolve;
    server = await WorkServer.start(
      async (topic, { signal }) => {
        const left = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        if (topic.startsWith('held') || topic === 'watched') await Promise.race([held.promise, left]);
      },
      { callsInFlight: 6, batchCalls: 2, bulkCalls: 2, ...limits },
    );
    return server.client;
  };
  afterEach(async () => {
    release();
    await server.stop();
  });

  const begun = (count: number) => until(() => server.begun.length === count, `${count} calls are begun`);

  it('keep room for online calls however many of the others come', async () => {
    const client = await start({});
    const flood = (count: number, options: CallOptions) =>
      Array.from({ length: count }, (_, i) => [
        client.load(request(`held ${i}`), options).catch(() => undefined),
        client.search(request(`held ${i}`), options).catch(() => undefined),
      ]).flat();
    // In each lane two are in flight, and eight wait.
    const held = flood(10, PATIENT);
    // On a slow machine some of the others are over before they arrive.
    await Promise.all(flood(100, IMPATIENT));
    expect(server.limited.length).toBeGreaterThan(0);
    expect(server.begun).toHaveLength(4);
    for (let i = 0; i < 100; i++) expect(await client.look(request(`${i}`), IMPATIENT)).toEqual(response(`${i}`));
    expect(server.limited.every(({ rpc, reason }) => reason === 'OVERLOAD' && !rpc.endsWith('/Look'))).toBe(true);
    release();
    await Promise.all(held);
  });

  it('refuse what does not fit with a reason, the lane and a retry delay, before it is begun', async () => {
    const client = await start({ bulkCalls: 1 });
    const waiting = Array.from({ length: 5 }, (_, i) => client.load(request(`held ${i}`), PATIENT));
    await begun(1);
    const refused = await failureOf(client.load(request('one more'), IMPATIENT));
    expect(refused).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      reason: 'OVERLOADED',
      domain: 'spec.crossroads',
      metadata: { lane: 'bulk' },
      retryAfterMs: 5_000,
      wasNotBegun: true,
    });
    expect(server.limited).toMatchObject([{ rpc: '/crossroads.spec.v1.WorkService/Load', reason: 'OVERLOAD' }]);
    release();
    expect(await Promise.all(waiting)).toHaveLength(5);
    expect(server.begun).not.toContain('one more');
  });

  it('admit calls that wait in the order in which they came', async () => {
    const client = await start({ bulkCalls: 1 });
    const topics = ['held', 'second', 'third', 'fourth'];
    const calls: Promise<unknown>[] = [];
    for (const topic of topics) calls.push(client.load(request(topic), PATIENT));
    await begun(1);
    release();
    await Promise.all(calls);
    expect(server.begun).toEqual(topics);
  });

  it('give the place of a call that left the queue to another', async () => {
    const client = await start({ bulkCalls: 1 });
    const leaving = new AbortController();
    const first = client.load(request('held'), PATIENT);
    await begun(1);
    const left = failureOf(client.load(request('left'), { ...PATIENT, signal: leaving.signal }));
    const others = ['a', 'b', 'c'].map((topic) => client.load(request(topic), PATIENT));
    expect(await failureOf(client.load(request('too many'), IMPATIENT))).toMatchObject({ reason: 'OVERLOADED' });
    leaving.abort();
    expect(await left).toMatchObject({ code: status.CANCELLED });
    // A call that waits is not refused, but ends at its deadline.
    const codes: status[] = [];
    while (codes.at(-1) !== status.DEADLINE_EXCEEDED && codes.length < 50)
      codes.push((await failureOf(client.load(request('probe'), { deadlineMs: 100 }))).code);
    expect(codes.at(-1)).toBe(status.DEADLINE_EXCEEDED);
    release();
    await Promise.all([first, ...others]);
    expect(server.begun).not.toContain('left');
  });

  it('refuse a call that has waited for too long', async () => {
    const client = await start({ callsInFlight: 3, batchCalls: 1, bulkCalls: 1 });
    const first = client.look(request('held'), PATIENT);
    await begun(1);
    const second = failureOf(client.look(request('second'), { deadlineMs: 2_500 }));
    expect(await second).toMatchObject({ reason: 'OVERLOADED', metadata: { lane: 'online' }, retryAfterMs: 200 });
    expect(server.begun).toEqual(['held']);
    release();
    await first;
  });

  it('are entered by a caller that asks for a less urgent one, and never for a more urgent one', async () => {
    const client = await start({ bulkCalls: 1 });
    const full = Array.from({ length: 5 }, () => client.load(request('held'), PATIENT));
    await begun(1);
    expect(await failureOf(client.look(request('less'), { ...IMPATIENT, lane: 'bulk' }))).toMatchObject({
      metadata: { lane: 'bulk' },
    });
    const metadata = { [LANE_HEADER]: 'online' };
    expect(await failureOf(client.load(request('more'), { ...IMPATIENT, metadata }))).toMatchObject({
      metadata: { lane: 'bulk' },
    });
    const unknown = { [LANE_HEADER]: 'express' };
    expect(await client.look(request('unknown'), { ...IMPATIENT, metadata: unknown })).toEqual(response('unknown'));
    release();
    await Promise.all(full);
  });

  it('have room beside any number of watches', async () => {
    const client = await start({ callsInFlight: 3, batchCalls: 1, bulkCalls: 1 });
    const watches = await Promise.all(
      Array.from({ length: 5 }, async (_, i) => {
        const watch = client.watch(request(`watch ${i}`))[Symbol.asyncIterator]();
        await watch.next();
        return watch;
      }),
    );
    expect(await client.look(request('x'), IMPATIENT)).toEqual(response('x'));
    for (const watch of watches) await watch.return?.();
  });

  it('answer a call without a deadline after the time of its lane, and abort it', async () => {
    const client = await start({ deadlinesMs: { online: 50 } });
    let aborted = false;
    server.onBegun = ({ signal }) => signal.addEventListener('abort', () => (aborted = true));
    expect(await failureOf(client.look(request('held'), { deadlineMs: Number.POSITIVE_INFINITY }))).toMatchObject({
      code: status.DEADLINE_EXCEEDED,
      reason: 'DEADLINE_EXCEEDED',
    });
    await until(() => aborted, 'the handler is told');
  });

  it('leave room for online calls, or the server does not start', () => {
    expect(() => new Lanes({ callsInFlight: 8, batchCalls: 4, bulkCalls: 4 })).toThrow('raise the first');
  });
});
