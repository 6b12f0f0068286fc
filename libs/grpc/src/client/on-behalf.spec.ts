import { type CallContext, callContext } from '@crossroads/configuration';
import { Batcher } from '@crossroads/eventsourcing';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RemoteError } from '../errors/remote-error.js';
import { failureOf, listOf } from '../testing/echo-server.js';
import { request, response } from '../testing/echo-service.js';
import { until } from '../testing/until.js';
import { type Work, WorkServer } from '../testing/work-server.js';

const PATIENT = { deadlineMs: 100_000 };

/** A server that calls a second one, which calls a third one. */
describe('calls that are made for another call', () => {
  let front: WorkServer;
  let back: WorkServer;
  let last: WorkServer;
  /** What the front does. */
  let work: Work;
  /** Of the calls at the last server, in the order in which they came, as they were then. */
  let contexts: Pick<CallContext, 'lane' | 'deadline'>[];
  let cancelled: string[];

  beforeEach(async () => {
    contexts = [];
    cancelled = [];
    // Ends when it is cancelled only.
    last = await WorkServer.start(async (topic, { signal }) => {
      const { lane, deadline } = callContext() ?? { lane: 'online', deadline: Number.NaN };
      contexts.push({ lane, deadline });
      if (topic.startsWith('held') || topic === 'watched')
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            cancelled.push(topic);
            resolve();
          });
        });
    });
    back = await WorkServer.start((topic) => last.client.look(request(topic), PATIENT));
    front = await WorkServer.start((topic, call) => work(topic, call));
  });
  afterEach(async () => {
    for (const server of [front, back, last]) await server.stop();
  });

  const arrived = (count: number) => until(() => last.begun.length === count, `${count} calls reach the last server`);

  it('are cancelled over two hops when the first caller leaves', async () => {
    work = (topic) => back.client.look(request(topic), PATIENT);
    const leaving = new AbortController();
    const call = failureOf(front.client.look(request('held'), { ...PATIENT, signal: leaving.signal }));
    await arrived(1);
    leaving.abort();
    expect(await call).toMatchObject({ code: status.CANCELLED });
    await until(() => cancelled.length === 1, 'the last server is told');
  });

  it('are cancelled when they are streams', async () => {
    work = () => listOf(last.client.watch(request('first')));
    const leaving = new AbortController();
    const call = failureOf(front.client.look(request('x'), { ...PATIENT, signal: leaving.signal }));
    await arrived(1);
    leaving.abort();
    await call;
    await until(() => cancelled.includes('watched'), 'the last server is told');
  });

  it('end at the deadline of the first one, over two hops', async () => {
    let atFront = Number.NaN;
    work = (topic) => {
      atFront = callContext()?.deadline ?? Number.NaN;
      return back.client.look(request(topic), { deadlineMs: 1_000_000 });
    };
    await front.client.look(request('x'), { deadlineMs: 50_000 });
    expect(atFront).toBeLessThanOrEqual(Date.now() + 50_000);
    // The deadline of the second hop is sent as the time that remains, so that it may come out a little later.
    expect(contexts[0]?.deadline).toBeLessThan(atFront + 20_000);
    await failureOf(front.client.look(request('held'), { deadlineMs: 300 }));
    await until(() => cancelled.length === 1, 'the last server is told');
  });

  it('end earlier when their own deadline is earlier', async () => {
    work = (topic) => last.client.look(request(topic), { deadlineMs: 300 });
    expect(await failureOf(front.client.look(request('held'), PATIENT))).toMatchObject({
      reason: 'DEPENDENCY_UNAVAILABLE',
    });
  });

  it('come in the lane of the first one', async () => {
    work = (topic) => back.client.look(request(topic), PATIENT);
    await front.client.look(request('x'), PATIENT);
    await front.client.search(request('x'), PATIENT);
    await front.client.load(request('x'), PATIENT);
    expect(contexts.map(({ lane }) => lane)).toEqual(['online', 'batch', 'bulk']);
  });

  it('do not end with it when they are made after its answer', async () => {
    const later = Promise.withResolvers<unknown>();
    const answered = Promise.withResolvers<void>();
    work = async (topic) => {
      void answered.promise.then(() => last.client.look(request(topic), PATIENT)).then(later.resolve, later.reject);
    };
    await front.client.look(request('later'), { deadlineMs: 4_000 });
    answered.resolve();
    expect(await later.promise).toEqual(response('later'));
    expect((contexts[0]?.deadline ?? 0) - Date.now()).toBeGreaterThan(4_000);
  });

  describe('together in a batch', () => {
    const together = (options = { stopsWithCalls: true }) => {
      const batcher = new Batcher<string, string>(async (topics) => {
        const outcome = await last.client
          .look(request(`held ${topics.length}`), PATIENT)
          .then(() => 'answered')
          .catch((error: unknown) => (error instanceof RemoteError ? (status[error.code] ?? '') : String(error)));
        return topics.map(() => outcome);
      }, options);
      const outcomes: string[] = [];
      const loading = Promise.withResolvers<void>();
      let waiting = 0;
      work = async (topic) => {
        waiting += 1;
        await loading.promise;
        outcomes.push(await batcher.load(topic));
      };
      const callers = ['one', 'two'].map((topic) => {
        const leaving = new AbortController();
        const call = failureOf(front.client.look(request(topic), { ...PATIENT, signal: leaving.signal }));
        return { leave: () => leaving.abort(), call };
      });
      const begin = async () => {
        await until(() => waiting === 2, 'both are in hand');
        loading.resolve();
        await arrived(1);
        expect(last.begun).toEqual(['held 2']);
      };
      return { callers, begin, outcomes };
    };

    it('go on while one of their callers still waits, and are cancelled once none does', async () => {
      const { callers, begin } = together();
      const [one, two] = callers;
      await begin();
      one?.leave();
      await one?.call;
      // A call after that one was cancelled.
      await last.client.look(request('meanwhile'), PATIENT);
      expect(cancelled).toEqual([]);
      two?.leave();
      await two?.call;
      await until(() => cancelled.length === 1, 'the last server is told');
    });

    it('are not cancelled where the batch writes', async () => {
      const { callers, begin } = together({ stopsWithCalls: false });
      await begin();
      for (const { leave, call } of callers) {
        leave();
        await call;
      }
      await last.client.look(request('meanwhile'), PATIENT);
      expect(cancelled).toEqual([]);
      expect(contexts[0]?.lane).toBe('online');
    });
  });
});
