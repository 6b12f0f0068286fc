import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type BrokerSettings, openBroker } from '../bus/open-broker.js';
import type { Broker, CloudEvent, ConsumeOptions, Consumption } from './broker.js';
import type { BrokerLog } from './broker-log.js';
import { numberOf, sampleEvent, sampleEvents } from './testing/sample-events.js';
import { until } from './testing/until.js';

export * from './testing/sample-events.js';

const CONSUMER_PROCESS = fileURLToPath(new URL('./testing/consumer-process.js', import.meta.url));

/** What every broker guarantees. `settings` is called once, before the first test. */
export const brokerContract = (name: string, settings: () => Promise<BrokerSettings>): void => {
  // A consumer joins its group in seconds, on a busy machine in tens of them.
  jest.setTimeout(180_000);
  describe(name, () => {
    let given: BrokerSettings;
    let broker: Broker;
    const open = new Set<Consumption>();
    const children: ChildProcess[] = [];

    const newTopic = async (): Promise<string> => {
      const topic = `crossroads.contract.${randomUUID()}`;
      await broker.ensureTopic({ name: topic, retentionDays: 7 });
      return topic;
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

    beforeAll(async () => {
      given = await settings();
      broker = await openBroker(given);
    });

    afterAll(async () => {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all([...open].map((consumption) => consumption.close()));
      await broker?.close();
    });

    it('delivers all attributes and the bytes of an event unchanged', async () => {
      const topic = await newTopic();
      const event = sampleEvent(1, {
        sequence: '00000000000000000007',
        cursor: '712:42',
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        sealingKeyId: 'crossroads.sample.v1.k1.sample.1.abc',
        contentType: 'application/json',
        data: randomBytes(300),
      });
      const bare = sampleEvent(2);
      await broker.publish(topic, [event, bare]);
      const { got } = await collect(topic, randomUUID());
      await until('two events', () => got.length === 2);
      expect(got).toMatchObject([event, bare]);
    });

    it('keeps the order of each key over many publishes and batches', async () => {
      const topic = await newTopic();
      const events = sampleEvents(3_000);
      const { got } = await collect(topic, randomUUID(), 100);
      for (let from = 0; from < events.length; from += 700) await broker.publish(topic, events.slice(from, from + 700));
      await until('all events', () => got.length === events.length);
      for (const key of new Set(events.map((event) => event.key)))
        expect(got.filter((event) => event.key === key)).toMatchObject(events.filter((event) => event.key === key));
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
      expect([...one.got, ...two.got].map(numberOf).sort((a, b) => a - b)).toEqual(sampleEvents(50).map(numberOf));
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
      const child: ChildProcess = spawn(process.execPath, [CONSUMER_PROCESS], {
        env: { ...process.env, CONSUMER: JSON.stringify({ settings: given, topic, group, hangAt: 6 }) },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      const said: string[] = [];
      child.stdout?.on('data', (text: Buffer) => said.push(text.toString()));
      await until('it hangs while it handles 6', () => said.join('').includes('hangs'));
      child.kill('SIGKILL');
      await once(child, 'exit');
      const { got } = await collect(topic, group, 3);
      await until('what is left', () => got.some((event) => numberOf(event) === 9));
      expect(got.map(numberOf)).toEqual([6, 7, 8, 9]);
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
