import { bundled, type Consumption, resyncPartition, resyncReport } from '@crossroads/messaging';
import { eventually, testPostgres } from '@crossroads/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LogInMemory } from './log-in-memory.js';
import { RecordingConsumer, RecordingService } from './recording-consumer.js';
import { TOPIC } from './sealing.js';
import { TopicInMemory } from './topic-in-memory.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

describe('a log that was restored to an older state', () => {
  let service: RecordingService;
  let log: LogInMemory;
  let topic: TopicInMemory;
  let consumption: ReturnType<RecordingService['consume']>;
  let consumer: RecordingConsumer;
  const open: Consumption[] = [];

  /** Partition 0 was read to position 10, partition 1 to 3. */
  beforeEach(async () => {
    service = await RecordingService.start();
    log = new LogInMemory();
    topic = new TopicInMemory(2);
    consumer = new RecordingConsumer();
    consume();
    // One step each, so that there is a mark at each position.
    for (const n of range(0, 10)) {
      await topic.publish(log.append(0, n));
      await taken(range(0, n + 1), 0);
    }
    await topic.publish(...range(100, 103).map((n) => log.append(1, n)));
    await taken(range(100, 103), 1);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
    await service.stop();
  });
  afterAll(async () => (await testPostgres()).stop());

  const consume = (): void => {
    consumption = service.consume(topic, [log.eventSource], consumer);
    open.push(consumption);
  };
  const taken = (numbers: readonly number[], partition: number) =>
    eventually(
      () => service.effects(partition),
      (effects) => effects.length >= numbers.length,
      20_000,
    ).then((effects) => expect(effects).toEqual(numbers));
  const isForked = () =>
    eventually(
      () => consumption.forked(),
      (forked) => forked === 1,
      20_000,
    );
  const resync = (confirm: boolean, partition = 0) =>
    resyncPartition({
      topic: TOPIC,
      partition,
      sources: [log.eventSource],
      db: service.db,
      confirm,
      onPhantoms: (...of) => consumer.onPhantoms(...of),
    });
  /** What was taken stays as it is, and the other partition goes on. */
  const othersGoOn = async () => {
    await topic.publish(log.append(1, 103));
    await taken(range(100, 104), 1);
    expect(await service.effects(0)).toEqual(range(0, 10));
    expect(consumption.errors).toContain('LogForked');
  };

  it('is noticed when the publisher opens it, before anything is taken from it', async () => {
    log.restore(0, 6n);
    await topic.publish(log.opened(0));
    await isForked();
    await othersGoOn();
  });

  it('is noticed when it has already grown beyond what was read', async () => {
    log.restore(0, 6n);
    for (const n of range(50, 60)) log.append(0, n);
    await topic.publish(log.opened(0));
    await isForked();
    await othersGoOn();
  });

  it('is noticed when a partition is taken', async () => {
    log.restore(0, 6n);
    topic.rebalance();
    await isForked();
    await othersGoOn();
  });

  it('is noticed by the link of a message, also while the publisher is away', async () => {
    log.restore(0, 9n);
    log.append(0, 50);
    log.isAway = true;
    await topic.publish(log.append(0, 51));
    await isForked();
    await othersGoOn();
  });

  it('is noticed by another message at the same place', async () => {
    log.restore(0, 9n);
    log.isAway = true;
    await topic.publish(log.append(0, 50));
    await isForked();
    await othersGoOn();
  });

  it('is noticed by another event in a bundle', async () => {
    log.restore(0, 5n);
    log.isAway = true;
    await topic.publish(...bundled(range(50, 60).map((n) => log.append(0, n))));
    await isForked();
    await othersGoOn();
  });

  it('goes on where it is when the newer copy of the log comes back', async () => {
    const entries = log.copyOf(0);
    log.restore(0, 6n);
    await topic.publish(log.opened(0));
    await isForked();
    log.putBack(0, entries);
    await eventually(
      () => consumption.forked(),
      (forked) => forked === 0,
      20_000,
    );
    await topic.publish(log.append(0, 10));
    await taken(range(0, 11), 0);
  });

  it('is no fork for a reader that had not gone beyond: what is left of the lost events on the topic is passed over', async () => {
    log.isAway = true;
    await Promise.all(open.splice(0).map((one) => one.close()));
    // One of them behind events that are not published: its link does not show that it is of another course.
    const lost = range(10, 16).map((n) => log.append(0, n, { isPublished: n !== 11 && n !== 12 }));
    log.restore(0, 10n);
    for (const n of range(60, 62)) log.append(0, n);
    log.isAway = false;
    consume();
    await taken([...range(0, 10), 60, 61], 0);
    await topic.publish(
      ...lost.filter(({ place }) => place.position !== 12n && place.position !== 13n),
      log.append(0, 62),
    );
    await taken([...range(0, 10), 60, 61, 62], 0);
    expect(consumption.forked()).toBe(0);
  });

  describe('a resync', () => {
    it('says what it would do and writes nothing until it is confirmed', async () => {
      log.restore(0, 6n);
      const [found] = await resync(false);
      expect(found).toMatchObject({
        state: 'FORKED',
        mark: { position: 6n },
        phantoms: { topic: TOPIC, partition: 0, logId: log.logId, after: 6n, upTo: 10n },
        startedGeneration: undefined,
      });
      const report = resyncReport(found ? [found] : []).join(' ');
      expect(report).toContain('Positions 7 to 10 (4)');
      expect(report).toContain('the last number was taken');
      expect(consumer.phantoms).toEqual([]);
      expect(await service.db.query('select from es.generations where generation > 0')).toEqual([]);
    });

    it('lets the partition go on by itself from the newest common place, and hands over what was lost', async () => {
      log.restore(0, 6n);
      for (const n of range(50, 53)) log.append(0, n);
      await topic.publish(log.opened(0));
      await isForked();
      expect(await resync(true)).toMatchObject([{ startedGeneration: 1 }]);
      expect(consumer.phantoms.at(-1)).toMatchObject({ partition: 0, source: log.source, after: 6n, upTo: 10n });
      // From the mark before on: what was handled at the time of a mark is behind the one before it.
      expect(consumer.recent).toEqual([5, 50, 51, 52]);
      await taken([...range(0, 10), 50, 51, 52], 0);
      expect(consumption.forked()).toBe(0);
      await topic.publish(log.append(0, 53));
      await taken([...range(0, 10), 50, 51, 52, 53], 0);
    });

    it('goes back behind the marks of an earlier resync, and to the beginning when nothing is left in common', async () => {
      log.restore(0, 6n);
      for (const n of range(50, 53)) log.append(0, n);
      await resync(true);
      topic.rebalance();
      await taken([...range(0, 10), 50, 51, 52], 0);
      log.restore(0, 4n);
      expect(await resync(true)).toMatchObject([{ mark: { position: 4n }, startedGeneration: 2 }]);
      topic.rebalance();
      log.append(0, 70);
      topic.rebalance();
      await taken([...range(0, 10), 50, 51, 52, 70], 0);
      log.restore(0, 0n);
      for (const n of range(80, 82)) log.append(0, n);
      expect(await resync(true)).toMatchObject([{ mark: { position: 0n }, startedGeneration: 3 }]);
      topic.rebalance();
      await taken([...range(0, 10), 50, 51, 52, 70, 80, 81], 0);
    });

    it('has nothing to do for a log that has the place', async () => {
      expect(await resync(true)).toMatchObject([{ state: 'COMMON' }]);
      expect(await resync(true, 1)).toMatchObject([{ state: 'COMMON' }]);
    });

    it('stops a process that is still at the generation before it', async () => {
      const reached = Promise.withResolvers<void>();
      const resumed = Promise.withResolvers<void>();
      await Promise.all(open.splice(0).map((one) => one.close()));
      log.isAway = true;
      const late = service.consume(
        topic,
        [log.eventSource],
        new RecordingConsumer({
          reading: async (events) => {
            if (events.length === 0) return;
            reached.resolve();
            await resumed.promise;
          },
        }),
      );
      open.push(late);
      await topic.publish(log.append(0, 10));
      await reached.promise;
      log.restore(0, 6n);
      log.isAway = false;
      expect(await resync(true)).toMatchObject([{ startedGeneration: 1 }]);
      resumed.resolve();
      await eventually(
        () => service.db.query('select from es.generations where generation = 1'),
        (rows) => rows.length === 1,
      );
      await late.close();
      expect(await service.effects(0)).toEqual(range(0, 10));
    });
  });
});
