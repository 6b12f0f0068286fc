import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Commands } from './commands.js';
import { type Decider, type DomainEvent, Rejection } from './decider.js';
import { RequestIdReused, WrongExpectedRevision } from './errors.js';
import type { EventStore, Json, NewEvent, RequestKey } from './event-store.js';
import { Streams } from './streams.js';
import { uuidV7 } from './uuid-v7.js';

type Added = DomainEvent<'Added', { by: number }>;

const counter: Decider<number, number, Added> = {
  initialState: () => 0,
  decide: (by) => (by === 0 ? [] : [{ type: 'Added', data: { by } }]),
  evolve: (sum, { data }) => sum + data.by,
};

const added = (by = 1): NewEvent => ({ type: 'Added', data: { by } });

const request = (requestId: string = uuidV7(), body = 'body'): RequestKey => ({
  institution: '0206731645',
  rpc: '/crossroads.test.v1.Test/Add',
  requestId,
  hash: createHash('sha256').update(body).digest(),
});

const append = (streamId: string, expectedRevision: bigint, ...events: NewEvent[]) => ({
  streamId,
  streamType: 'counter',
  expectedRevision,
  events,
});

/** What every event store promises. `open` is called once. */
export const eventStoreContract = (
  name: string,
  open: () => Promise<{ readonly store: EventStore; close(): Promise<void> }>,
): void => {
  describe(name, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    let store: EventStore;

    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened?.close());

    const execute = <State, Command>(
      decider: Decider<State, Command, Added>,
      streamId: string,
      command: Command,
      answerOf: (state: State, revision: bigint) => Json,
      request?: RequestKey,
    ): Promise<Json> => {
      const streams = new Streams(store, { type: 'counter', decider });
      return new Commands(store).execute({
        ...(request ? { request } : {}),
        decide: async () => {
          const stream = await streams.load(streamId);
          const events = streams.decide(command, stream);
          const answer = answerOf(streams.after(stream, events), stream.revision + BigInt(events.length));
          return { appends: [await streams.append(stream, events)], answer };
        },
      });
    };
    const add = (streamId: string, by: number, key?: RequestKey) =>
      execute(counter, streamId, by, (sum, revision) => ({ sum, revision: String(revision) }), key);

    it('returns events as they were appended', async () => {
      const [streamId, id] = [randomUUID(), randomUUID()];
      const event = {
        id,
        type: 'Noted',
        schemaVersion: 3,
        data: { text: 'naïve "quoted" \\ 𝄞', none: null },
        metadata: { actor: 'a' },
      };
      await store.append([append(streamId, 0n, event, added())]);
      const [first, second] = await store.readStream(streamId);
      expect(first).toMatchObject({ ...event, streamId, streamType: 'counter', revision: 1n });
      expect(first?.recordedAt).toBeInstanceOf(Date);
      expect(second).toMatchObject({ type: 'Added', schemaVersion: 1, metadata: {}, revision: 2n });
      expect(second?.id).toMatch(/^[0-9a-f-]{36}$/);
    });

    it.each([null, 0, '', [], { a: [1, { b: null }] }])('stores %j as data of an event', async (data) => {
      const [one, two] = [randomUUID(), randomUUID()];
      await store.append([append(one, 0n, { type: 'Noted', data })]);
      await store.append([append(two, 0n, { type: 'Noted', data }, { type: 'Noted', data })]);
      const streams = await store.readStreams([one, two]);
      expect([...streams.values()].flat().map((event) => event.data)).toEqual([data, data, data]);
    });

    it('reads a stream from a revision on, and an absent stream as empty', async () => {
      const streamId = randomUUID();
      await store.append([append(streamId, 0n, added(1), added(2), added(3))]);
      expect((await store.readStream(streamId, 2n)).map(({ revision }) => revision)).toEqual([2n, 3n]);
      expect(await store.readStream(randomUUID())).toEqual([]);
    });

    it('reads several streams at once, and absent ones as empty', async () => {
      const [one, none] = [randomUUID(), randomUUID()];
      await store.append([append(one, 0n, added(1), added(2))]);
      const streams = await store.readStreams([one, none, one]);
      expect(streams.get(one)?.map(({ revision }) => revision)).toEqual([1n, 2n]);
      expect(streams.get(none)).toEqual([]);
      expect(streams.size).toBe(2);
    });

    it('reads of several streams only what comes after a revision', async () => {
      const [one, two, none] = [randomUUID(), randomUUID(), randomUUID()];
      await store.append([append(one, 0n, added(1), added(2), added(3)), append(two, 0n, added(4), added(5))]);
      const streams = await store.readStreams([one, two, none], new Map([[one, 2n]]));
      const revisionsOf = (id: string) => streams.get(id)?.map(({ revision }) => revision);
      expect([one, two, none].map(revisionsOf)).toEqual([[3n], [1n, 2n], []]);
      expect((await store.readStreams([one], new Map([[one, 3n]]))).get(one)).toEqual([]);
    });

    it.each([
      ['is 1 and the stream does not exist', 1n, 0n],
      ['is 0 and the stream exists', 0n, 2n],
      ['is older than that of the stream', 1n, 2n],
      ['is newer than that of the stream', 3n, 2n],
    ])('rejects an append whose expected revision %s', async (_, expected, actual) => {
      const streamId = randomUUID();
      if (actual > 0n) await store.append([append(streamId, 0n, added(), added())]);
      for (const events of [[added()], [added(), added()]])
        await expect(store.append([append(streamId, expected, ...events)])).rejects.toThrow(WrongExpectedRevision);
      expect(await store.readStream(streamId)).toHaveLength(Number(actual));
    });

    it('appends to all streams of a call, or to none', async () => {
      const [one, two] = [randomUUID(), randomUUID()];
      await store.append([append(one, 0n, added())]);
      const late = [append(two, 0n, added()), append(one, 0n, added())];
      await expect(store.append(late, { request: request() })).rejects.toThrow(WrongExpectedRevision);
      expect(await store.readStream(two)).toEqual([]);
      await store.append([append(two, 0n, added()), append(one, 1n, added())]);
      const streams = await store.readStreams([one, two]);
      expect([streams.get(one)?.length, streams.get(two)?.length]).toEqual([2, 1]);
    });

    it('rejects an append that names a stream twice', async () => {
      const streamId = randomUUID();
      await expect(store.append([append(streamId, 0n, added()), append(streamId, 1n, added())])).rejects.toThrow(
        TypeError,
      );
    });

    it('stores the answer of a request with its events, and without any', async () => {
      const [some, none] = [request(), request()];
      await store.append([append(randomUUID(), 0n, added())], { request: some, answer: { done: true } });
      await store.append([], { request: none, answer: 'nothing' });
      expect(await store.answerTo(some)).toEqual({ answer: { done: true } });
      expect(await store.answerTo(none)).toEqual({ answer: 'nothing' });
      expect(await store.answerTo(request())).toBeUndefined();
    });

    it('stores an answer that is null', async () => {
      const [some, none] = [request(), request()];
      await store.append([append(randomUUID(), 0n, added(), added())], { request: some });
      await store.append([], { request: none, answer: null });
      expect([await store.answerTo(some), await store.answerTo(none)]).toEqual([{ answer: null }, { answer: null }]);
    });

    it('distinguishes requests with one id by institution and rpc', async () => {
      const key = request();
      await store.append([], { request: key, answer: 1 });
      expect(await store.answerTo({ ...key, institution: '0316380841' })).toBeUndefined();
      expect(await store.answerTo({ ...key, rpc: '/other' })).toBeUndefined();
    });

    it.each([
      ['one event', [added()]],
      ['several events', [added(), added()]],
      ['no event', []],
    ])('rejects a used request id with %s: RequestIdReused for another body, else a lost race', async (_, events) => {
      for (const firstEvents of [[], [added()]]) {
        const id = uuidV7();
        await store.append([append(randomUUID(), 0n, ...firstEvents)], { request: request(id), answer: 1 });
        const streamId = randomUUID();
        const again = (body: string) =>
          store.append([append(streamId, 0n, ...events)], { request: request(id, body), answer: 2 });
        await expect(again('other')).rejects.toThrow(RequestIdReused);
        await expect(again('body')).rejects.toThrow(WrongExpectedRevision);
        await expect(store.answerTo(request(id, 'other'))).rejects.toThrow(RequestIdReused);
        expect(await store.answerTo(request(id))).toEqual({ answer: 1 });
        expect(await store.readStream(streamId)).toEqual([]);
      }
    });

    it('executes ten concurrent calls of one request once, with one answer for all', async () => {
      const [streamId, key] = [randomUUID(), request()];
      const answers = await Promise.all(Array.from({ length: 10 }, () => add(streamId, 1, key)));
      expect(answers).toEqual(Array.from({ length: 10 }, () => ({ sum: 1, revision: '1' })));
      expect(await store.readStream(streamId)).toHaveLength(1);
    });

    it('executes a request once, even when some of its concurrent calls decide on no event', async () => {
      const key = request();
      const streams = Array.from({ length: 10 }, () => randomUUID());
      const answers = await Promise.all(streams.map((streamId, index) => add(streamId, index % 2, key)));
      const asText = (answer: (typeof answers)[number]) =>
        JSON.stringify(Object.entries(answer ?? {}).sort(([one], [other]) => one.localeCompare(other)));
      expect(new Set(answers.map(asText)).size).toBe(1);
      const written = await store.readStreams(streams);
      expect([...written.values()].flat().length).toBeLessThanOrEqual(1);
    });

    it('answers a repeated request although the decider would now reject it', async () => {
      const once: Decider<boolean, void, Added> = {
        initialState: () => false,
        decide: (_command, done) => {
          if (done) throw new AlreadyDone();
          return [{ type: 'Added', data: { by: 1 } }];
        },
        evolve: () => true,
      };
      const [streamId, key] = [randomUUID(), request()];
      const call = (by: RequestKey) => execute(once, streamId, undefined, () => 'done', by);
      expect(await Promise.all(Array.from({ length: 10 }, () => call(key)))).toEqual(Array(10).fill('done'));
      await expect(call(request())).rejects.toThrow(AlreadyDone);
    });

    it('loses no update of ten concurrent writers', async () => {
      const streamId = randomUUID();
      const writers = Array.from({ length: 10 }, async () => {
        for (;;) {
          try {
            return await add(streamId, 1, request());
          } catch (error) {
            if (!(error instanceof WrongExpectedRevision)) throw error;
          }
        }
      });
      await Promise.all(writers);
      const stream = await store.readStream(streamId);
      expect(stream.map(({ revision }) => revision)).toEqual(Array.from({ length: 10 }, (_, n) => BigInt(n + 1)));
    });

    it('keeps a stream in the partition of its routing key', async () => {
      const streamId = randomUUID();
      await store.append([{ ...append(streamId, 0n, added()), routingKey: 'one' }]);
      await expect(store.append([{ ...append(streamId, 1n, added()), routingKey: 'two' }])).rejects.toThrow(
        WrongExpectedRevision,
      );
      await store.append([{ ...append(streamId, 1n, added()), routingKey: 'one' }]);
      expect(await store.readStream(streamId)).toHaveLength(2);
    });

    it('reads journal streams as others, and asks for a UUIDv7 as their id', async () => {
      const streamId = uuidV7();
      await store.append([{ ...append(streamId, 0n, added()), log: 'journal' }]);
      await store.append([{ ...append(streamId, 1n, added()), log: 'journal' }]);
      expect(await store.readStream(streamId)).toHaveLength(2);
      await expect(store.append([{ ...append(randomUUID(), 0n, added()), log: 'journal' }])).rejects.toThrow(TypeError);
    });
  });
};

class AlreadyDone extends Rejection<'ALREADY_DONE'> {
  constructor() {
    super('ALREADY_DONE', 'done before');
  }
}
