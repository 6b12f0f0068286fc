import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { EventCodec } from './codec.js';
import { type Decider, type DomainEvent, Rejection } from './decider.js';
import { MemoryEventStore } from './memory-event-store.js';
import { NeedsNewerVersion } from './errors.js';
import type { Json } from './event-store.js';
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

/** Stands in for encryption: what is stored is bound to its stream and to the id of its event. */
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

/** Version 1 was not sealed to its place. */
const events = { Named: [(data: Json) => data] };

describe('streams', () => {
  const opened = () => {
    const store = new MemoryEventStore();
    return { store, names: new Streams(store, { type: 'naming', decider: naming, events, codec: reversing }) };
  };
  const given = async (...events: readonly string[]) => {
    const { store, names } = opened();
    const streamId = randomUUID();
    const named = events.map((name): Named => ({ type: 'Named', data: { name } }));
    await store.append([await names.append({ streamId, revision: 0n }, named)]);
    return { store, names, streamId };
  };

  it('are empty, at revision 0, before their first event', async () => {
    const { names } = opened();
    expect(await names.load('absent')).toEqual({ streamId: 'absent', state: [], revision: 0n });
  });

  it('are loaded as the state after their events, through the codec', async () => {
    const { names, streamId } = await given('Ann', 'Bob');
    expect(await names.load(streamId)).toEqual({ streamId, state: ['Ann', 'Bob'], revision: 2n });
  });

  it.each([
    ['of a type', { type: 'Renamed', schemaVersion: 1 }],
    ['of a schema version', { type: 'Named', schemaVersion: 3 }],
  ])('with an event %s that this version does not know need a newer version', async (_, written) => {
    const { store, names, streamId } = await given('Ann');
    await store.append([
      { streamId, streamType: 'naming', expectedRevision: 1n, events: [{ ...written, data: { name: 'Bob' } }] },
    ]);
    await expect(names.load(streamId)).rejects.toThrow(NeedsNewerVersion);
  });

  it('read what older versions wrote as if it had been written now', async () => {
    const { store } = opened();
    const plain: EventCodec<Named> = {
      ...reversing,
      fromStored: async ({ data }) => ({ type: 'Named', data }) as Named,
    };
    const upcasters = {
      Named: [
        (data: Json) => ({ first: Reflect.get(Object(data), 'n') as Json }),
        (data: Json) => ({ name: Reflect.get(Object(data), 'first') as Json }),
      ],
    };
    const names = new Streams(store, { type: 'naming', decider: naming, events: upcasters, codec: plain });
    await store.append([
      {
        streamId: 'one',
        streamType: 'naming',
        expectedRevision: 0n,
        events: [
          { type: 'Named', schemaVersion: 1, data: { n: 'Ann' } },
          { type: 'Named', schemaVersion: 2, data: { first: 'Bob' } },
          { type: 'Named', schemaVersion: 3, data: { name: 'Cas' } },
        ],
      },
    ]);
    expect((await names.load('one')).state).toEqual(['Ann', 'Bob', 'Cas']);
  });

  it('store their events through the codec, with metadata, under the type of stream', async () => {
    const { store, names, streamId } = await given('Ann');
    const stream = await names.load(streamId);
    await store.append([await names.append(stream, names.decide('Bob', stream), { actor: 'a' })]);
    const [, second] = await store.readStream(streamId);
    expect(second).toMatchObject({
      streamType: 'naming',
      revision: 2n,
      type: 'Named',
      schemaVersion: 2,
      data: { sealed: 'boB', to: `${streamId}/${second?.id}` },
      metadata: { actor: 'a' },
    });
  });

  it('decide by their rules on the state that was loaded', async () => {
    const { names, streamId } = await given('Ann');
    const stream = await names.load(streamId);
    expect(names.decide('Ann', stream)).toEqual([]);
    expect(names.decide('Bob', stream)).toEqual([{ type: 'Named', data: { name: 'Bob' } }]);
    expect(() => names.decide('forbidden', stream)).toThrow(Rejection);
  });

  it('tell the state after events that are not stored yet', async () => {
    const { names, streamId } = await given('Ann');
    const stream = await names.load(streamId);
    expect(names.after(stream, names.decide('Bob', stream))).toEqual(['Ann', 'Bob']);
    expect(await names.load(streamId)).toEqual(stream);
  });
});
