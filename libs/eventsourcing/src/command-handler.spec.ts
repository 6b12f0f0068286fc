import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { EventCodec } from './codec.js';
import { commandHandler, loadState } from './command-handler.js';
import { type Decider, type DomainEvent, Rejection } from './decider.js';
import { WrongExpectedRevision } from './errors.js';
import { MemoryEventStore } from './memory-event-store.js';

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

const request = (requestId: string) => ({ institution: 'i', rpc: 'r', requestId, hash: new Uint8Array(32) });

describe('the command handler', () => {
  const store = new MemoryEventStore();
  const handle = commandHandler({ store, decider: naming, streamType: 'naming', codec: reversing });
  const answer = (names: readonly string[], revision: bigint, events: readonly Named[]) => ({
    names,
    revision: String(revision),
    events: events.length,
  });

  it('decides on the past, stores through the codec and answers', async () => {
    const streamId = randomUUID();
    await handle({ streamId, command: 'Ann', answer, metadata: { actor: 'a' } });
    expect(await handle({ streamId, command: 'Bob', answer })).toEqual({
      names: ['Ann', 'Bob'],
      revision: '2',
      events: 1,
    });
    const [first] = await store.readStream(streamId);
    expect(first).toMatchObject({ schemaVersion: 2, data: { sealed: 'nnA' }, metadata: { actor: 'a' } });
    expect(await loadState(store, naming, reversing, streamId)).toEqual({ state: ['Ann', 'Bob'], revision: 2n });
  });

  it('keeps the request of a command that changes nothing', async () => {
    const [streamId, key] = [randomUUID(), request(randomUUID())];
    await handle({ streamId, command: 'Ann', answer });
    const first = await handle({ streamId, command: 'Ann', request: key, answer });
    expect(first).toEqual({ names: ['Ann'], revision: '1', events: 0 });
    await handle({ streamId, command: 'Bob', answer });
    expect(await handle({ streamId, command: 'Ann', request: key, answer })).toEqual(first);
  });

  it('keeps nothing of a command that a rule refuses', async () => {
    const [streamId, key] = [randomUUID(), request(randomUUID())];
    await expect(handle({ streamId, command: 'forbidden', request: key, answer })).rejects.toThrow(Rejection);
    expect(await store.answerTo(key)).toBeUndefined();
    expect(await store.readStream(streamId)).toEqual([]);
  });

  it('gives the answer of the same request that was carried out while it was reading', async () => {
    const once: typeof naming = {
      ...naming,
      decide: (name, names) => {
        if (names.length > 0) throw new Rejection('ALREADY_NAMED', 'has a name already');
        return naming.decide(name, names);
      },
    };
    const racing = new MemoryEventStore();
    const call = () => commandHandler({ store: racing, decider: once, streamType: 'naming' })(handling);
    const handling = { streamId: randomUUID(), command: 'Ann', request: request(randomUUID()), answer };
    const { readStream } = racing;
    let first: unknown;
    racing.readStream = async (streamId) => {
      racing.readStream = readStream;
      first = await call();
      return racing.readStream(streamId);
    };
    expect(await call()).toEqual({ names: ['Ann'], revision: '1', events: 1 });
    expect(first).toEqual({ names: ['Ann'], revision: '1', events: 1 });
    await expect(
      commandHandler({ store: racing, decider: once, streamType: 'naming' })({
        ...handling,
        request: request(randomUUID()),
      }),
    ).rejects.toThrow(Rejection);
  });

  it('gives up after five lost races', async () => {
    let appends = 0;
    const losing = new MemoryEventStore();
    losing.append = async () => {
      appends++;
      throw new WrongExpectedRevision();
    };
    const lose = commandHandler({ store: losing, decider: naming, streamType: 'naming' });
    await expect(lose({ streamId: randomUUID(), command: 'Ann', answer })).rejects.toThrow(WrongExpectedRevision);
    expect(appends).toBe(5);
  });
});
