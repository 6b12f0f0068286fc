import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Command, Commands, type CommandDecision } from './commands.js';
import { type Decider, type DomainEvent, Rejection } from './decider.js';
import { RequestIdReused, WrongExpectedRevision } from './errors.js';
import type { EventStore, RequestKey } from './event-store.js';
import { Streams } from './streams.js';
import { uuidV7 } from './uuid-v7.js';

type Added = DomainEvent<'Added', { by: number }>;

const counter: Decider<number, number, Added> = {
  initialState: () => 0,
  decide(by, sum) {
    if (sum + by > 10) throw new Rejection('TOO_MUCH', 'the sum would be more than ten');
    return by === 0 ? [] : [{ type: 'Added', data: { by } }];
  },
  evolve: (sum, { data }) => sum + data.by,
};

const requestKey = (requestId: string = uuidV7(), body = 'body'): RequestKey => ({
  institution: '0206731645',
  rpc: '/crossroads.test.v1.Test/Add',
  requestId,
  hash: createHash('sha256').update(body).digest(),
});

/** What `Commands` does on every event store. `open` is called once. */
export const commandsContract = (
  name: string,
  open: () => Promise<{ readonly store: EventStore; close(): Promise<void> }>,
): void => {
  describe(name, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    let store: EventStore;
    let commands: Commands;
    let lookups: number;

    beforeAll(async () => {
      opened = await open();
      const { store: real } = opened;
      store = {
        answerTo: (request) => {
          lookups++;
          return real.answerTo(request);
        },
        readStream: (streamId, from) => real.readStream(streamId, from),
        readStreams: (streamIds, after) => real.readStreams(streamIds, after),
        append: (appends, options) => real.append(appends, options),
      };
    });
    afterAll(() => opened?.close());

    const counters = () => new Streams(store, { type: 'counter', decider: counter });
    const decisionOf = async (streamId: string, by: number): Promise<CommandDecision<{ sum: number }>> => {
      const streams = counters();
      const stream = await streams.load(streamId);
      const events = streams.decide(by, stream);
      return { appends: [await streams.append(stream, events)], answer: { sum: streams.after(stream, events) } };
    };
    const add = (streamId: string, by: number, changes: Partial<Command<{ sum: number }>> = {}) =>
      commands.execute({ decide: () => decisionOf(streamId, by), ...changes });
    const sumOf = async (streamId: string) => (await counters().load(streamId)).state;
    /** Decides, and lets another command write to the same stream before it appends. */
    const overtaken = (streamId: string, times: number): Command<{ sum: number }>['decide'] => {
      let left = times;
      return async () => {
        const decision = await decisionOf(streamId, 1);
        if (left-- > 0) await new Commands(store).execute({ decide: () => decisionOf(streamId, 1) });
        return decision;
      };
    };
    const fresh = (): string => {
      commands = new Commands(store);
      lookups = 0;
      return randomUUID();
    };

    it('appends what was decided, and returns its answer', async () => {
      const streamId = fresh();
      expect(await add(streamId, 2)).toEqual({ sum: 2 });
      expect(await add(streamId, 3)).toEqual({ sum: 5 });
      expect(await sumOf(streamId)).toBe(5);
    });

    it('appends nothing when nothing was decided', async () => {
      const streamId = fresh();
      expect(await add(streamId, 0)).toEqual({ sum: 0 });
      expect(await store.readStream(streamId)).toEqual([]);
    });

    it('appends nothing when a rule rejects', async () => {
      const streamId = fresh();
      await expect(add(streamId, 11)).rejects.toThrow(Rejection);
      expect(await store.readStream(streamId)).toEqual([]);
    });

    describe('with a request', () => {
      it('looks for the stored answer once', async () => {
        const streamId = fresh();
        await add(streamId, 1, { request: requestKey() });
        expect(lookups).toBe(1);
      });

      it('returns the stored answer of a repeated one, and decides nothing', async () => {
        const [streamId, request] = [fresh(), requestKey()];
        await add(streamId, 1, { request });
        await add(streamId, 1);
        lookups = 0;
        const decide = () => Promise.reject(new Error('decided again'));
        expect(await commands.execute({ request, decide })).toEqual({ sum: 1 });
        expect(lookups).toBe(1);
        expect(await sumOf(streamId)).toBe(2);
      });

      it('stores the answer of one that led to no event', async () => {
        const [streamId, request] = [fresh(), requestKey()];
        await add(streamId, 0, { request });
        await add(streamId, 4);
        expect(await add(streamId, 0, { request })).toEqual({ sum: 0 });
      });

      it('stores the answer in the form of the codec', async () => {
        const [streamId, request] = [fresh(), requestKey()];
        const answerCodec = {
          encode: (sum: bigint) => String(sum),
          decode: (stored: unknown) => BigInt(String(stored)),
        };
        const decide = async () => ({ ...(await decisionOf(streamId, 7)), answer: 7n });
        expect(await commands.execute({ request, answerCodec, decide })).toBe(7n);
        expect(await store.answerTo(request)).toEqual({ answer: '7' });
        expect(await commands.execute({ request, answerCodec, decide })).toBe(7n);
      });

      it('refuses another body under the same id', async () => {
        const [streamId, requestId] = [fresh(), uuidV7()];
        await add(streamId, 1, { request: requestKey(requestId) });
        const other = add(streamId, 1, { request: requestKey(requestId, 'other body') });
        await expect(other).rejects.toThrow(RequestIdReused);
        expect(await sumOf(streamId)).toBe(1);
      });

      it('executes ten at the same time once, and answers all alike', async () => {
        const [streamId, request] = [fresh(), requestKey()];
        const answers = await Promise.all(Array.from({ length: 10 }, () => add(streamId, 1, { request })));
        expect(answers).toEqual(Array.from({ length: 10 }, () => ({ sum: 1 })));
        expect(await store.readStream(streamId)).toHaveLength(1);
      });

      it('returns the stored answer when a rule rejects what the same request has just done', async () => {
        const [streamId, request] = [fresh(), requestKey()];
        let first = true;
        const decide = async () => {
          if (first) {
            first = false;
            await add(streamId, 10, { request });
          }
          return decisionOf(streamId, 10);
        };
        expect(await commands.execute({ request, decide })).toEqual({ sum: 10 });
        await expect(add(streamId, 10, { request: requestKey() })).rejects.toThrow(Rejection);
      });
    });

    describe('that loses a race', () => {
      it('decides again on the new state, and counts its attempts', async () => {
        const streamId = fresh();
        const numbers: number[] = [];
        const decide = overtaken(streamId, 2);
        const answer = await commands.execute({
          decide: async (attempt) => {
            numbers.push(attempt.number);
            return decide(attempt);
          },
        });
        expect(answer).toEqual({ sum: 3 });
        expect(numbers).toEqual([1, 2, 3]);
      });

      it('gives up after five attempts, or as many as it is allowed', async () => {
        for (const [retry, attempts] of [
          [undefined, 5],
          [{ attempts: 2, jitterMs: 0 }, 2],
        ] as const) {
          const streamId = fresh();
          const lost = commands.execute({ decide: overtaken(streamId, 99), ...(retry ? { retry } : {}) });
          await expect(lost).rejects.toThrow(WrongExpectedRevision);
          expect(await sumOf(streamId)).toBe(attempts);
        }
      });

      it('reports each failed attempt', async () => {
        const streamId = fresh();
        const failures: unknown[] = [];
        await add(streamId, 1, { decide: overtaken(streamId, 2), onFailedAttempt: (error) => failures.push(error) });
        expect(failures).toEqual([expect.any(WrongExpectedRevision), expect.any(WrongExpectedRevision)]);
      });
    });

    it('reports a rejection, and does not try again', async () => {
      const streamId = fresh();
      const failures: unknown[] = [];
      await expect(add(streamId, 11, { onFailedAttempt: (error) => failures.push(error) })).rejects.toThrow(Rejection);
      expect(failures).toEqual([expect.any(Rejection)]);
    });

    it('runs those with the same `serializeBy` one after the other, in their order', async () => {
      const streamId = fresh();
      const failures: unknown[] = [];
      const answers = await Promise.all(
        Array.from({ length: 8 }, () =>
          add(streamId, 1, { serializeBy: streamId, onFailedAttempt: (error) => failures.push(error) }),
        ),
      );
      expect(answers.map(({ sum }) => sum)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(failures).toEqual([]);
    });

    it('goes on with the next of the same `serializeBy` after one that failed', async () => {
      const streamId = fresh();
      const serializeBy = streamId;
      const [failed, next] = await Promise.allSettled([
        add(streamId, 11, { serializeBy }),
        add(streamId, 1, { serializeBy }),
      ]);
      expect([failed?.status, next]).toEqual(['rejected', { status: 'fulfilled', value: { sum: 1 } }]);
    });
  });
};
