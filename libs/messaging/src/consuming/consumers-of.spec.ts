import type { Tx } from '@crossroads/database';
import { describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '../broker/broker.js';
import type { EventConsumer } from './consumer.decorator.js';
import { consumersByTopic, type FoundConsumer } from './consumers-of.js';

const TOPIC = 'crossroads.person.v1';

describe('several consumers of one topic', () => {
  const handled: string[] = [];
  const consumerOf = (name: string, ...types: string[]): FoundConsumer => {
    const consumer: EventConsumer<string> = {
      read: (events) => events.map(({ id }) => ({ items: [id] })),
      handle: async (items) => void handled.push(`${name}: ${items.join(' ')}`),
    };
    return { topic: TOPIC, consumer, ...(types.length === 0 ? {} : { types }) };
  };
  const event = (id: string, type: string) => ({ id, type }) as CloudEvent;

  it('are one, which gives each the events of its types, in their order', async () => {
    const all = consumersByTopic([
      consumerOf('changes', 'changed'),
      consumerOf('erasures', 'erased', 'renamed'),
      { ...consumerOf('others'), topic: 'crossroads.mutation.v1' },
    ]);
    expect(all.map(({ topic, types }) => [topic, types])).toEqual([
      [TOPIC, ['changed', 'erased', 'renamed']],
      ['crossroads.mutation.v1', undefined],
    ]);
    const [one] = all;
    const events = [event('1', 'changed'), event('2', 'changed'), event('3', 'erased'), event('4', 'changed')];
    const readings = (await one?.consumer.read([...events, event('5', 'unknown')])) ?? [];
    expect(readings.map(({ unreadable }) => unreadable)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'UNREADABLE',
    ]);
    await one?.consumer.handle(
      readings.flatMap(({ items }) => items),
      {} as Tx,
    );
    expect(handled).toEqual(['changes: 1 2', 'erasures: 3', 'changes: 4']);
  });

  it('must each name their types, and no type twice', () => {
    expect(() => consumersByTopic([consumerOf('a', 'x'), consumerOf('b')])).toThrow('must name their types');
    expect(() => consumersByTopic([consumerOf('a', 'x'), consumerOf('b', 'y', 'x')])).toThrow('must name their types');
  });

  it('redrive at start only if all do, and pass parked events by their own types', () => {
    const [one] = consumersByTopic([
      { ...consumerOf('a', 'x'), redriveAtStart: false },
      { ...consumerOf('b', 'y'), passing: ['y'] },
    ]);
    expect(one).toMatchObject({ redriveAtStart: false, passing: ['y'] });
  });
});
