import { bundled, type Consumption } from '@crossroads/messaging';
import { eventually, testPostgres } from '@crossroads/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LogInMemory } from './log-in-memory.js';
import { RecordingConsumer, RecordingService } from './recording-consumer.js';
import { sealing, TOPIC } from './sealing.js';
import { TopicInMemory } from './topic-in-memory.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

/** Reproducible; the seed is printed when a test fails. */
const randomOf = (seed: number) => {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
};

describe('a consumer of a topic', () => {
  let service: RecordingService;
  let log: LogInMemory;
  const open: Consumption[] = [];

  beforeEach(async () => {
    service = await RecordingService.start();
    log = new LogInMemory();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
    await service.stop();
  });
  afterAll(async () => (await testPostgres()).stop());

  const consume = (topic: TopicInMemory, consumer?: RecordingConsumer) => {
    const consumption = service.consume(topic, [log.eventSource], consumer);
    open.push(consumption);
    return consumption;
  };
  const appended = (partition: number, from: number, to: number) =>
    range(from, to).map((n) => log.append(partition, n));
  const taken = (numbers: readonly number[], partition?: number) =>
    eventually(
      () => service.effects(partition),
      (effects) => effects.length >= numbers.length,
      20_000,
    ).then((effects) => expect(effects).toEqual(numbers));

  it('takes each event once and in order, whatever is repeated, swapped and rebalanced', async () => {
    const seed = Date.now() % 100_000;
    const random = randomOf(seed);
    const topic = new TopicInMemory(4, { random, goBack: 0.2, swap: 0.2, loseOffset: 0.3, double: 0.2 });
    const consumers = [consume(topic), consume(topic)];
    const perPartition = 150;
    let [n, rebalances] = [0, 0];
    for (let round = 0; round < perPartition / 5; round++) {
      for (const partition of range(0, 4)) {
        const events = range(0, 5).map(() => log.append(partition, n++, { isPublished: random() < 0.9 }));
        const published = events.filter((event) => log.isPublished(event));
        // Some of it comes in bundles, and then again in other ones.
        if (random() < 0.5) await topic.publish(...bundled(published));
        await topic.publish(...(random() < 0.5 ? bundled(published) : published));
      }
      if (random() < 0.3) {
        topic.rebalance();
        rebalances++;
      }
    }
    for (const partition of range(0, 4)) {
      const expected = log.publishedIn(partition);
      try {
        await taken(expected, partition);
      } catch (error) {
        throw new Error(`seed ${seed}, ${consumers.flatMap(({ errors }) => errors).join(' ')}`, { cause: error });
      }
    }
    expect(rebalances).toBeGreaterThan(0);
  });

  it('reads everything from the publisher when the topic is empty at first, then goes on with the broker', async () => {
    appended(0, 0, 7);
    appended(1, 10, 12);
    const topic = new TopicInMemory(2);
    consume(topic);
    await taken(range(0, 7), 0);
    await taken([10, 11], 1);
    await topic.publish(...appended(0, 7, 9));
    await taken(range(0, 9), 0);
  });

  it('finds what the broker lost at the end of a partition, though no later message shows it', async () => {
    const topic = new TopicInMemory(1);
    open.push(service.consume(topic, [log.eventSource], undefined, { lookAgainMs: 200 }));
    await topic.publish(...appended(0, 0, 2));
    await taken([0, 1], 0);
    appended(0, 2, 4);
    await taken([0, 1, 2, 3], 0);
  });

  it('goes on with what the broker has while a publisher is away, and catches up when it is back', async () => {
    const topic = new TopicInMemory(1);
    log.isAway = true;
    await topic.publish(...appended(0, 0, 3));
    consume(topic);
    await taken([0, 1, 2]);
    appended(0, 3, 5);
    log.isAway = false;
    await taken(range(0, 5));
  });

  it('takes nothing that a publisher says in the name of another source', async () => {
    const other = new LogInMemory('urn:crossroads:service:other');
    other.append(0, 666);
    const { eventsClient } = other.eventSource;
    const consumption = service.consume(new TopicInMemory(1), [{ source: log.source, eventsClient }]);
    open.push(consumption);
    await eventually(() => consumption.errors.includes('TypeError'), Boolean, 20_000);
    expect(await service.effects()).toEqual([]);
  });

  it('waits with a gap until the publisher can fill it, and other partitions go on', async () => {
    const topic = new TopicInMemory(2);
    const { errors } = consume(topic);
    await topic.publish(...appended(0, 0, 3), ...appended(1, 100, 103));
    await taken(range(0, 3), 0);
    await taken(range(100, 103), 1);
    log.isAway = true;
    const [, , , late] = appended(0, 3, 7);
    topic.truncate();
    if (late) await topic.publish(late);
    await topic.publish(...appended(1, 103, 106));
    await taken(range(100, 106), 1);
    await eventually(() => errors.includes('RemoteError'), Boolean);
    expect(await service.effects(0)).toEqual(range(0, 3));
    log.isAway = false;
    await taken(range(0, 7), 0);
  });

  it('waits for a publisher that does not know an event type yet', async () => {
    appended(0, 0, 3);
    log.needsNewerVersion = true;
    const topic = new TopicInMemory(1);
    const { errors } = consume(topic);
    await eventually(() => errors.length > 1, Boolean);
    expect(await service.effects()).toEqual([]);
    log.needsNewerVersion = false;
    await taken([0, 1, 2]);
  });

  it('takes of a bundle what it has not taken before, and opens none that it has taken as a whole', async () => {
    const topic = new TopicInMemory(1);
    const events = appended(0, 0, 6);
    consume(topic);
    await taken(range(0, 6));
    const more = [...events.slice(3), ...appended(0, 6, 9)];
    await topic.publish(...bundled(events), ...bundled(more));
    await taken(range(0, 9));
  });

  it('goes on with the oldest event that is left when the publisher has archived what it had not read', async () => {
    appended(0, 0, 10);
    log.trimmedTo = 4n;
    consume(new TopicInMemory(1));
    await taken(range(4, 10));
  });

  it('begins a log anew that its publisher has created anew', async () => {
    const topic = new TopicInMemory(1);
    await topic.publish(...appended(0, 0, 5));
    const first = consume(topic);
    await taken(range(0, 5));
    log.createAnew();
    appended(0, 5, 8);
    topic.rebalance();
    await taken(range(0, 8));
    expect(first.forked()).toBe(0);
  });

  it('passes over what cannot be filled because its publisher has created its log anew', async () => {
    const topic = new TopicInMemory(1);
    const [, , late] = appended(0, 0, 3);
    log.createAnew();
    const events = appended(0, 10, 12);
    if (late) await topic.publish(late, ...events);
    const { forked } = consume(topic);
    await taken([10, 11]);
    await topic.publish(...appended(0, 12, 13));
    await taken([10, 11, 12]);
    expect(forked()).toBe(0);
  });

  describe('that was frozen and comes back when another process has its partition', () => {
    /** Freezes at its first batch. */
    const frozen = (where: 'reading' | 'handling') => {
      const reached = Promise.withResolvers<void>();
      const resumed = Promise.withResolvers<void>();
      const freeze = async () => {
        reached.resolve();
        await resumed.promise;
      };
      return {
        consumer: new RecordingConsumer({ [where]: freeze }),
        reached: reached.promise,
        resume: resumed.resolve,
      };
    };

    it('before its transaction: it takes nothing again', async () => {
      const topic = new TopicInMemory(1);
      const { consumer, reached, resume } = frozen('reading');
      log.isAway = true;
      const late = consume(topic, consumer);
      await topic.publish(...appended(0, 0, 5));
      await reached;
      consume(topic);
      await taken(range(0, 5));
      resume();
      await late.close();
      expect(await service.effects()).toEqual(range(0, 5));
    });

    it('before its transaction, and the step of the other was pruned: it takes nothing again', async () => {
      const topic = new TopicInMemory(1);
      const { consumer, reached, resume } = frozen('reading');
      log.isAway = true;
      const late = consume(topic, consumer);
      await topic.publish(...appended(0, 0, 5));
      await reached;
      consume(topic);
      await taken(range(0, 5));
      await topic.publish(...appended(0, 5, 6));
      await taken(range(0, 6));
      await service.db.query('delete from es.steps s where exists (select from es.steps l where l.after > s.after)');
      resume();
      await late.close();
      expect(await service.effects()).toEqual(range(0, 6));
    });

    it('in its transaction: the other waits for it, and takes nothing again', async () => {
      const topic = new TopicInMemory(1);
      const { consumer, reached, resume } = frozen('handling');
      log.isAway = true;
      consume(topic, consumer);
      await topic.publish(...appended(0, 0, 5));
      await reached;
      consume(topic);
      await eventually(
        () =>
          service.db.query(
            "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
          ),
        (waiting) => waiting.length > 0,
      );
      resume();
      await topic.publish(...appended(0, 5, 8));
      await taken(range(0, 8));
    });
  });

  it('takes the partitions that it can when one of them fails', async () => {
    const topic = new TopicInMemory(3);
    let isBroken = true;
    const consumer = new RecordingConsumer({
      handling: async (effects) => {
        if (isBroken && effects.some(({ partition }) => partition === 1)) throw new Error('no');
      },
    });
    log.isAway = true;
    consume(topic, consumer);
    for (const partition of range(0, 3))
      await topic.publish(...appended(partition, 10 * partition, 10 * partition + 5));
    await taken(range(0, 5), 0);
    await taken(range(20, 25), 2);
    expect(await service.effects(1)).toEqual([]);
    isBroken = false;
    await taken(range(10, 15), 1);
  });

  it('parks an unreadable event of a bundle under its own key, sealed, and what follows it there', async () => {
    const topic = new TopicInMemory(1);
    let isNew = true;
    const consumer = new RecordingConsumer({ unreadable: (n) => isNew && n === 1 });
    log.isAway = true;
    consume(topic, consumer);
    await topic.publish(...bundled(range(0, 4).map((n) => log.append(0, n, { key: n % 2 === 1 ? 'odd' : 'even' }))));
    await taken([0, 2]);
    const parked = await service.parked.page({ limit: 10 });
    expect(parked.map(({ event, reason }) => [event.key, reason])).toEqual([
      ['odd', 'UNREADABLE'],
      ['odd', 'BEHIND_PARKED'],
    ]);
    expect(parked.every(({ event }) => event.sealingKeyId !== undefined)).toBe(true);
    isNew = false;
    expect(await service.redrive(consumer)).toEqual({ handled: 2, blocked: 0 });
    expect(await service.effects()).toEqual([0, 2, 1, 3]);
  });

  it('handles of a parked bundle only what it had not taken before', async () => {
    const topic = new TopicInMemory(1);
    const events = appended(0, 0, 3);
    consume(topic);
    await taken(range(0, 3));
    const [bundle] = bundled([...events, ...appended(0, 3, 5)]);
    if (!bundle) throw new Error('a bundle');
    await topic.publish({ ...bundle, data: Buffer.from('no bundle') });
    const parked = () => service.parked.page({ limit: 10 });
    const [waiting] = await eventually(parked, (all) => all.length === 1);
    if (!waiting) throw new Error('a parked bundle');
    expect(waiting.event.place?.previous.position).toBe(3n);
    const [mended] = await sealing.seal(TOPIC, [{ ...waiting.event, data: bundle.data }]);
    await service.asAdmin('update parked set data = $1', [mended?.data]);
    expect(await service.redrive(new RecordingConsumer())).toEqual({ handled: 1, blocked: 0 });
    await taken(range(0, 5));
  });
});
