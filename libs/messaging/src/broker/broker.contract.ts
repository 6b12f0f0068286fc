import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type BrokerSettings, openBroker } from '../bus/open-broker.js';
import {
  type Broker,
  type CloudEvent,
  type ConsumeOptions,
  type Consumption,
  NoSuchPartition,
  WrongPartitions,
} from './broker.js';
import type { BrokerLog } from './broker-log.js';
import { numberOf, onPartitions, sampleEvent, sampleEvents } from './testing/sample-events.js';
import { SpawnedConsumer } from './testing/spawned-consumer.js';
import { until } from './testing/until.js';

export * from './testing/sample-events.js';
export * from './testing/spawned-consumer.js';
export * from './testing/until.js';

/** What every broker guarantees. `settings` is called once, before the first test. */
export const brokerContract = (name: string, settings: () => Promise<BrokerSettings>): void => {
  // A consumer joins its group in seconds, on a busy machine in tens of them.
  jest.setTimeout(180_000);
  describe(name, () => {
    let given: BrokerSettings;
    let broker: Broker;
    const open = new Set<Consumption>();
    const children: SpawnedConsumer[] = [];

    const newTopic = async (partitions = 1): Promise<string> => {
      const topic = `crossroads.contract.${randomUUID()}`;
      await broker.ensureTopic({ name: topic, partitions, retentionDays: 7 });
      return topic;
    };
    const spawnConsumer = (topic: string, group: string, hangsFrom: number): SpawnedConsumer => {
      const spawned = new SpawnedConsumer({ settings: given, topic, group, hangsFrom });
      children.push(spawned);
      return spawned;
    };
    const consume = async (options: ConsumeOptions): Promise<Consumption> => {
      const consumption = await broker.consume(options);
      open.add(consumption);
      return consumption;
    };
    const close = async (consumption: Consumption): Promise<void> => {
      open.delete(consumption);
      await consumption.close();
    };
    /** Collects what is delivered. */
    const collect = async (topic: string, group?: string, batchSize?: number) => {
      const got: CloudEvent[] = [];
      const consumption = await consume({
        topic,
        ...(group === undefined ? {} : { group }),
        ...(batchSize === undefined ? {} : { batchSize }),
        onBatch: async (events) => void got.push(...events),
      });
      return { got, close: () => close(consumption) };
    };

    /** One of a group: which partitions it holds, and the numbers of the events that it got. */
    const member = async (topic: string, group: string) => {
      const [held, got] = [new Set<number>(), new Set<number>()];
      const consumption = await consume({
        topic,
        group,
        batchSize: 10,
        onAssigned: (partitions) => {
          for (const partition of partitions) held.add(partition);
        },
        onRevoked: (partitions) => {
          for (const partition of partitions) held.delete(partition);
        },
        onBatch: async (events) => {
          for (const event of events) got.add(numberOf(event));
        },
      });
      return { held, got, close: () => close(consumption) };
    };

    beforeAll(async () => {
      given = await settings();
      broker = await openBroker(given);
    });

    afterAll(async () => {
      await Promise.all(children.map((child) => child.kill()));
      await Promise.all([...open].map((consumption) => consumption.close()));
      await broker?.close();
    });

    it('delivers all attributes and the bytes of an event unchanged', async () => {
      const topic = await newTopic();
      const event = sampleEvent(1, {
        sequence: '00000000000000000007',
        place: {
          logId: '0b5a1c0e-6e2e-4a58-8f0e-6a1f1b2c3d4e',
          position: 42n,
          hash: '2a'.repeat(32),
          serial: 712n,
          previous: { position: 40n, hash: '28'.repeat(32) },
        },
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        sealingKeyId: 'crossroads.sample.v1.k1.sample.1.abc',
        contentType: 'application/json',
        data: randomBytes(300),
      });
      const bare = sampleEvent(2);
      await broker.publish(topic, [event, bare]);
      const { got } = await collect(topic, randomUUID());
      await until('two events', () => got.length === 2);
      expect(got).toEqual([event, bare].map((each) => ({ ...each, partition: 0 })));
    });

    it('keeps the order of each key, all of it on one partition, over many publishes and batches', async () => {
      const topic = await newTopic(4);
      const events = sampleEvents(3_000);
      const { got } = await collect(topic, randomUUID(), 100);
      for (let from = 0; from < events.length; from += 700) await broker.publish(topic, events.slice(from, from + 700));
      await until('all events', () => got.length === events.length);
      for (const key of new Set(events.map((event) => event.key))) {
        const delivered = got.filter((event) => event.key === key);
        expect(delivered.map(numberOf)).toEqual(events.filter((event) => event.key === key).map(numberOf));
        expect(new Set(delivered.map((event) => event.partition)).size).toBe(1);
      }
      expect(new Set(got.map((event) => event.partition)).size).toBeGreaterThan(1);
    });

    it('delivers each event on the partition that it names, in the order of each partition', async () => {
      const topic = await newTopic(4);
      const events = onPartitions(3_000, 4);
      const { got } = await collect(topic, randomUUID(), 100);
      for (let from = 0; from < events.length; from += 700) await broker.publish(topic, events.slice(from, from + 700));
      await until('all events', () => got.length === events.length);
      for (const partition of [0, 1, 2, 3])
        expect(got.filter((event) => event.partition === partition)).toEqual(
          events.filter((event) => event.partition === partition),
        );
    });

    it('hands over batches of one partition each', async () => {
      const topic = await newTopic(4);
      await broker.publish(topic, onPartitions(40, 4));
      const mixed: number[] = [];
      let count = 0;
      await consume({
        topic,
        group: randomUUID(),
        onBatch: async (events) => {
          count += events.length;
          mixed.push(new Set(events.map((event) => event.partition)).size);
        },
      });
      await until('all events', () => count === 40);
      expect(new Set(mixed)).toEqual(new Set([1]));
    });

    it('refuses an event that names a partition that the topic does not have', async () => {
      const topic = await newTopic(4);
      await expect(broker.publish(topic, [sampleEvent(1, { partition: 4 })])).rejects.toThrow(NoSuchPartition);
      await broker.publish(topic, [sampleEvent(2, { partition: 3 })]);
      const { got } = await collect(topic, randomUUID());
      await until('the other', () => got.length === 1);
      expect(got.map(numberOf)).toEqual([2]);
    });

    it('refuses a topic that exists with another number of partitions', async () => {
      const topic = await newTopic(4);
      await expect(broker.ensureTopic({ name: topic, partitions: 16, retentionDays: 7 })).rejects.toThrow(
        new WrongPartitions(topic, 4, 16),
      );
      expect(await broker.partitionsOf(topic)).toBe(4);
      expect(await broker.partitionsOf(`crossroads.absent.${randomUUID()}`)).toBeUndefined();
    });

    it('consumes nothing of a topic with another number of partitions than its consumer needs', async () => {
      const topic = await newTopic(4);
      await broker.publish(topic, onPartitions(4, 4));
      const [errors, got]: [unknown[], CloudEvent[]] = [[], []];
      await consume({
        topic,
        partitions: 16,
        group: randomUUID(),
        onBatch: async (events) => void got.push(...events),
        onError: (error) => void errors.push(error),
      });
      await until('it was refused twice', () => errors.length > 1);
      expect(errors[1]).toEqual(new WrongPartitions(topic, 4, 16));
      expect(got).toEqual([]);
    });

    it('handles different partitions at the same time', async () => {
      const topic = await newTopic(4);
      const begun = new Set<number | undefined>();
      const all = Promise.withResolvers<void>();
      let handled = 0;
      await consume({
        topic,
        group: randomUUID(),
        onBatch: async (events) => {
          begun.add(events[0]?.partition);
          if (begun.size === 4) all.resolve();
          await all.promise;
          handled += events.length;
        },
      });
      await broker.publish(topic, onPartitions(4, 4));
      await until('all four', () => handled === 4);
    });

    it('delivers the events of the other partitions while one fails, and then those of that one', async () => {
      const topic = await newTopic(4);
      const handled: CloudEvent[] = [];
      const others = () => handled.filter((event) => event.partition !== 1).length;
      await consume({
        topic,
        group: randomUUID(),
        batchSize: 10,
        onBatch: async (events) => {
          if (events[0]?.partition === 1 && others() < 150) throw new Error('not before the others');
          handled.push(...events);
        },
      });
      const events = onPartitions(200, 4);
      await broker.publish(topic, events.slice(0, 100));
      await until('the first of the others', () => others() === 75);
      await broker.publish(topic, events.slice(100));
      await until('all events', () => handled.length === 200);
      for (const partition of [0, 1, 2, 3])
        expect(handled.filter((event) => event.partition === partition).map(numberOf)).toEqual(
          events.filter((event) => event.partition === partition).map(numberOf),
        );
    });

    it('hands over no event of a partition before onAssigned has succeeded for it', async () => {
      const topic = await newTopic(4);
      await broker.publish(topic, onPartitions(40, 4));
      const assigned = new Set<number>();
      const early: CloudEvent[] = [];
      let [attempts, handled] = [0, 0];
      const errors: unknown[] = [];
      await consume({
        topic,
        group: randomUUID(),
        onAssigned: async (partitions) => {
          if (++attempts < 3) throw new Error('cannot read the places');
          for (const partition of partitions) assigned.add(partition);
        },
        onBatch: async (events) => {
          early.push(...events.filter(({ partition }) => !assigned.has(partition ?? -1)));
          handled += events.length;
        },
        onError: (error) => void errors.push(error),
      });
      await until('all events', () => handled === 40);
      expect(early).toEqual([]);
      expect(errors.length).toBe(2);
      expect(assigned).toEqual(new Set([0, 1, 2, 3]));
    });

    it('shares the partitions of a topic among the consumers of a group', async () => {
      const [topic, group] = [await newTopic(4), randomUUID()];
      const members = [await member(topic, group), await member(topic, group)] as const;
      await until('each has two', () => members.every(({ held }) => held.size === 2));
      await broker.publish(topic, onPartitions(40, 4));
      await until('each has its half', () => members.every(({ got }) => got.size === 20));
      expect(new Set([...members[0].held, ...members[1].held])).toEqual(new Set([0, 1, 2, 3]));
      await members[0].close();
      await until('the other has all four', () => members[1].held.size === 4);
      const more = onPartitions(80, 4).slice(40);
      await broker.publish(topic, more);
      await until('it gets all', () => more.every((event) => members[1].got.has(numberOf(event))));
    });

    it('loses nothing and keeps the order of each partition while consumers of a group come and go under load', async () => {
      const [topic, group] = [await newTopic(4), randomUUID()];
      // What a reader's places do: what is behind the place is a repetition, what leaves a hole is a gap.
      const places = [0, 1, 2, 3].map((partition) => partition - 4);
      const gaps: string[] = [];
      const joined = async () => {
        const held = new Set<number>();
        const consumption = await consume({
          topic,
          group,
          batchSize: 20,
          onAssigned: (partitions) => {
            for (const partition of partitions) held.add(partition);
          },
          onRevoked: (partitions) => {
            for (const partition of partitions) held.delete(partition);
          },
          onBatch: async (events) => {
            await setImmediate();
            for (const event of events) {
              const [n, partition] = [numberOf(event), event.partition ?? -1];
              const place = places[partition] ?? Number.NaN;
              if (n <= place) continue;
              if (n !== place + 4) gaps.push(`${partition}: ${place}, then ${n}`);
              places[partition] = n;
            }
          },
        });
        return { held, close: () => close(consumption) };
      };
      const stopping = new AbortController();
      let published = 0;
      const publishing = (async () => {
        for (; !stopping.signal.aborted; published += 40)
          await broker.publish(
            topic,
            Array.from({ length: 40 }, (_, n) => sampleEvent(published + n, { partition: n % 4 })),
          );
      })();
      const one = await joined();
      await until('one has all', () => one.held.size === 4);
      const two = await joined();
      await until('each has two', () => one.held.size === 2 && two.held.size === 2);
      await one.close();
      await until('the other has all', () => two.held.size === 4);
      const three = await joined();
      await until('they share again', () => two.held.size === 2 && three.held.size === 2);
      stopping.abort();
      await publishing;
      await until('all are handled', () => places.every((place, partition) => place === published - 4 + partition));
      expect(gaps).toEqual([]);
      await Promise.all([two.close(), three.close()]);
    });

    it('hands the partitions of a killed consumer over, and loses nothing', async () => {
      const [topic, group] = [await newTopic(4), randomUUID()];
      const survivor = await member(topic, group);
      await until('it has all', () => survivor.held.size === 4);
      const child = spawnConsumer(topic, group, 0);
      await child.saysThat('assigned');
      await until('it has shared', () => survivor.held.size === 2);
      const events = onPartitions(40, 4);
      await broker.publish(topic, events);
      await child.saysThat('hangs');
      await until('it has its own', () => survivor.got.size === 20);
      await child.kill();
      await until('it has all', () => survivor.got.size === 40);
      expect(survivor.held.size).toBe(4);
      for (const partition of [0, 1, 2, 3])
        expect([...survivor.got].filter((n) => n % 4 === partition)).toEqual(
          events.map(numberOf).filter((n) => n % 4 === partition),
        );
    });

    it('delivers batches no larger than asked for', async () => {
      const topic = await newTopic();
      await broker.publish(topic, sampleEvents(25));
      const sizes: number[] = [];
      await consume({
        topic,
        group: randomUUID(),
        batchSize: 10,
        onBatch: async (events) => void sizes.push(events.length),
      });
      await until('all events', () => sizes.reduce((sum, size) => sum + size, 0) === 25);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(10);
    });

    it('publishes to several topics at once, in the order of each, also more than one request holds', async () => {
      const topics = await Promise.all(Array.from({ length: 5 }, newTopic));
      const large = sampleEvent(0, { data: randomBytes(700_000) });
      const batches = topics.map((topic, index) => ({
        topic,
        events: [...sampleEvents(20 * index), ...(index > 2 ? [large, large] : [])],
      }));
      await broker.publishAll(batches);
      await broker.publishAll([]);
      for (const { topic, events } of batches.filter((one) => one.events.length > 0)) {
        const { got } = await collect(topic, randomUUID());
        await until('all events', () => got.length === events.length);
        expect(got.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
      }
    });

    it('publishes nothing when given no events', async () => {
      const topic = await newTopic();
      await broker.publish(topic, []);
      await broker.publish(topic, [sampleEvent(1)]);
      const { got } = await collect(topic, randomUUID());
      await until('the event', () => got.length === 1);
    });

    it('delivers a batch again until its handler succeeds, and skips nothing', async () => {
      const topic = await newTopic();
      await broker.publish(topic, sampleEvents(10));
      const handled: number[] = [];
      const attempts: number[] = [];
      let failures = 0;
      await consume({
        topic,
        group: randomUUID(),
        batchSize: 4,
        onBatch: async (events) => {
          if (events.some((event) => numberOf(event) === 5) && failures++ < 3) throw new Error('not now');
          handled.push(...events.map(numberOf));
        },
        onError: (_error, attempt) => void attempts.push(attempt),
      });
      await until('all events', () => handled.length >= 10);
      expect(handled).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(attempts).toEqual([1, 2, 3]);
    });

    it('resumes after the last handled event when a consumer of a group comes back', async () => {
      const [topic, group] = [await newTopic(), randomUUID()];
      await broker.publish(topic, sampleEvents(5));
      const first = await collect(topic, group);
      await until('five events', () => first.got.length === 5);
      await first.close();
      await broker.publish(topic, [sampleEvent(5), sampleEvent(6)]);
      const second = await collect(topic, group);
      await until('the two others', () => second.got.length === 2);
      expect(second.got.map(numberOf)).toEqual([5, 6]);
    });

    it('commits an offset only once the handler has returned', async () => {
      const [topic, group] = [await newTopic(), randomUUID()];
      await broker.publish(topic, sampleEvents(3));
      let begun = false;
      const first = await consume({
        topic,
        group,
        onBatch: async (_events, signal) => {
          begun = true;
          await once(signal, 'abort');
          signal.throwIfAborted();
        },
      });
      await until('the handler has begun', () => begun);
      await close(first);
      const second = await collect(topic, group);
      await until('all of them again', () => second.got.length === 3);
    });

    it('delivers every event to each group', async () => {
      const topic = await newTopic();
      await broker.publish(topic, sampleEvents(20));
      const [one, two] = await Promise.all([collect(topic, randomUUID()), collect(topic, randomUUID())]);
      await until('both have all', () => one.got.length === 20 && two.got.length === 20);
      expect(one.got).toEqual(two.got);
    });

    it('delivers each event to one consumer of a group', async () => {
      const [topic, group] = [await newTopic(), randomUUID()];
      const [one, two] = [await collect(topic, group), await collect(topic, group)];
      await broker.publish(topic, sampleEvents(50));
      await until('all events', () => one.got.length + two.got.length >= 50);
      const got = new Set([...one.got, ...two.got].map(numberOf));
      expect([...got].sort((a, b) => a - b)).toEqual(sampleEvents(50).map(numberOf));
    });

    it('delivers everything from the first event on to each consumer without a group, every time', async () => {
      const topic = await newTopic();
      await broker.publish(topic, sampleEvents(10));
      const [one, two] = await Promise.all([collect(topic), collect(topic)]);
      await until('both have all', () => one.got.length === 10 && two.got.length === 10);
      await one.close();
      await broker.publish(topic, [sampleEvent(10)]);
      await until('the new one', () => two.got.length === 11);
      const again = await collect(topic);
      await until('all from the beginning', () => again.got.length === 11);
      expect(again.got).toEqual(two.got);
    });

    it('delivers events of four megabytes', async () => {
      const topic = await newTopic();
      const events = [0, 1, 2].map((n) => sampleEvent(n, { data: randomBytes(4_000_000), key: 'big' }));
      await broker.publish(topic, events);
      const { got } = await collect(topic, randomUUID());
      await until('three events', () => got.length === 3);
      expect(got.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
      expect(Buffer.compare(got[2]?.data ?? Buffer.alloc(0), events[2]?.data ?? Buffer.alloc(1))).toBe(0);
    });

    it('delivers again what a consumer was handling when it was killed', async () => {
      const [topic, group] = [await newTopic(), randomUUID()];
      await broker.publish(topic, sampleEvents(10));
      const child = spawnConsumer(topic, group, 6);
      await child.saysThat('hangs');
      await child.kill();
      const { got } = await collect(topic, group, 3);
      await until('what is left', () => got.some((event) => numberOf(event) === 9));
      // Those before 6 may come again.
      expect(got.map(numberOf).slice(-4)).toEqual([6, 7, 8, 9]);
    });

    it('leaves a topic that exists as it is', async () => {
      const topic = await newTopic();
      await broker.publish(topic, [sampleEvent(1)]);
      await broker.ensureTopic({ name: topic, retentionDays: 7 });
      const { got } = await collect(topic, randomUUID());
      await until('the event', () => got.length === 1);
    });

    it('consumes a topic that is created after its consumer', async () => {
      const topic = `crossroads.contract.${randomUUID()}`;
      const { got } = await collect(topic, randomUUID());
      await broker.ensureTopic({ name: topic, retentionDays: 7 });
      await broker.publish(topic, [sampleEvent(1)]);
      await until('the event', () => got.length === 1);
    });

    it('ends a publish that cannot succeed when its signal aborts', async () => {
      const aborting = new AbortController();
      const log: BrokerLog = (_level, message) => {
        if (message.startsWith('not published yet')) aborting.abort();
      };
      const retrying = await openBroker({ ...given, log });
      const cannot = retrying.publish(`crossroads.absent.${randomUUID()}`, [sampleEvent(1)], {
        signal: aborting.signal,
      });
      await expect(cannot).rejects.toThrow();
      expect(aborting.signal.aborted).toBe(true);
      await retrying.close();
    });
  });
};
