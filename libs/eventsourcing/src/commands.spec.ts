import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { EventCodec } from './codec.js';
import { Commands } from './commands.js';
import { type Decider, type DomainEvent, Rejection } from './decider.js';
import { WrongExpectedRevision } from './errors.js';
import type { EventStore, RequestKey } from './event-store.js';
import { MemoryEventStore } from './memory-event-store.js';
import { Streams } from './streams.js';

type Named = DomainEvent<'Named', { name: string }>;

const naming: Decider<string[], string, Named> = {
  initialState: () => [],
  decide(name, names) {
    if (name === 'forbidden') throw new Rejection('NAME_FORBIDDEN', 'this name is forbidden');
    return names.includes(name) ? [] : [{ type: 'Named', data: { name } }];
  },
  evolve: (names, { data }) => [...names, data.name],
};

/** Stands for a seal: bound to the stream and the event's id. */
const reversing: EventCodec<Named> = {
  toStored: async ({ data }, { streamId, eventId }) => ({
    schemaVersion: 2,
    data: { sealed: Array.from(data.name).reverse().join(''), to: `${streamId}/${eventId}` },
  }),
  fromStored: async ({ id, streamId, data }) => {
    const { sealed, to } = data as { sealed: string; to: string };
    if (to !== `${streamId}/${id}`) throw new Error('moved');
    return { type: 'Named', data: { name: Array.from(sealed).reverse().join('') } };
  },
};

const answerCodec = z.object({
  names: z.array(z.string()),
  revision: z.codec(z.string(), z.bigint(), { decode: BigInt, encode: String }),
});

const request = (requestId: string = randomUUID()): RequestKey => ({
  institution: 'i',
  rpc: 'r',
  requestId,
  hash: new Uint8Array(32),
});

/** Gives names to streams of a store, by the rules of a decider. */
const namingIn = (store: EventStore, decider = naming) => {
  const streams = new Streams(store, { type: 'naming', decider, codec: reversing });
  const commands = new Commands(store);
  return {
    streams,
    name: (streamId: string, name: string, key?: RequestKey) =>
      commands.execute({
        ...(key ? { request: key } : {}),
        answerCodec,
        decide: async () => {
          const stream = await streams.load(streamId);
          const events = streams.decide(name, stream);
          return {
            appends: [await streams.append(stream, events, { actor: 'a' })],
            answer: { names: streams.after(stream, events), revision: stream.revision + BigInt(events.length) },
          };
        },
      }),
  };
};

describe('a command', () => {
  const store = new MemoryEventStore();
  const { name, streams } = namingIn(store);

  it('decides on the stream, stores through its codec and returns the answer', async () => {
    const streamId = randomUUID();
    await name(streamId, 'Ann');
    expect(await name(streamId, 'Bob')).toEqual({ names: ['Ann', 'Bob'], revision: 2n });
    const [first] = await store.readStream(streamId);
    expect(first).toMatchObject({ schemaVersion: 2, data: { sealed: 'nnA' }, metadata: { actor: 'a' } });
    expect(await streams.load(streamId)).toEqual({ streamId, state: ['Ann', 'Bob'], revision: 2n });
  });

  it('stores its answer under the request also when it changes nothing', async () => {
    const [streamId, key] = [randomUUID(), request()];
    await name(streamId, 'Ann');
    const first = await name(streamId, 'Ann', key);
    expect(first).toEqual({ names: ['Ann'], revision: 1n });
    await name(streamId, 'Bob');
    expect(await name(streamId, 'Ann', key)).toEqual(first);
  });

  it('stores nothing when a rule rejects it', async () => {
    const [streamId, key] = [randomUUID(), request()];
    await expect(name(streamId, 'forbidden', key)).rejects.toThrow(Rejection);
    expect(await store.answerTo(key)).toBeUndefined();
    expect(await store.readStream(streamId)).toEqual([]);
  });

  it('returns the answer of the same request that was executed while it was reading', async () => {
    const once: typeof naming = {
      ...naming,
      decide: (given, names) => {
        if (names.length > 0) throw new Rejection('ALREADY_NAMED', 'has a name already');
        return naming.decide(given, names);
      },
    };
    const racing = new MemoryEventStore();
    const [streamId, key] = [randomUUID(), request()];
    const call = () => namingIn(racing, once).name(streamId, 'Ann', key);
    const { readStreams } = racing;
    let first: unknown;
    racing.readStreams = async (streamIds) => {
      racing.readStreams = readStreams;
      first = await call();
      return racing.readStreams(streamIds);
    };
    expect(await call()).toEqual({ names: ['Ann'], revision: 1n });
    expect(first).toEqual({ names: ['Ann'], revision: 1n });
    await expect(namingIn(racing, once).name(streamId, 'Ann', request())).rejects.toThrow(Rejection);
  });

  it('gives up after five lost races', async () => {
    let appends = 0;
    const losing = new MemoryEventStore();
    losing.append = async () => {
      appends++;
      throw new WrongExpectedRevision();
    };
    await expect(namingIn(losing).name(randomUUID(), 'Ann')).rejects.toThrow(WrongExpectedRevision);
    expect(appends).toBe(5);
  });

  it('waits for earlier commands that are serialized by the same value', async () => {
    const commands = new Commands(new MemoryEventStore());
    const first = Promise.withResolvers<void>();
    const order: string[] = [];
    const command = (what: string, until: Promise<void>, serializeBy: string) =>
      commands.execute({
        serializeBy,
        decide: async () => {
          await until;
          order.push(what);
          return { appends: [], answer: what };
        },
      });
    const all = [command('first', first.promise, 'x'), command('second', Promise.resolve(), 'x')];
    await command('other', Promise.resolve(), 'y');
    first.resolve();
    expect(await Promise.all(all)).toEqual(['first', 'second']);
    expect(order).toEqual(['other', 'first', 'second']);
  });

  it('reports each failed attempt', async () => {
    const losing = new MemoryEventStore();
    losing.append = async () => {
      throw new WrongExpectedRevision();
    };
    const failures: unknown[] = [];
    const executed = new Commands(losing).execute({
      retry: { attempts: 2, jitterMs: 0 },
      onFailedAttempt: (error) => failures.push(error),
      decide: async () => ({
        appends: [{ streamId: 's', streamType: 't', expectedRevision: 0n, events: [{ type: 'T', data: {} }] }],
        answer: null,
      }),
    });
    await expect(executed).rejects.toThrow(WrongExpectedRevision);
    expect(failures).toHaveLength(2);
  });
});
