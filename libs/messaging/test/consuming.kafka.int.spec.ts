import { randomUUID } from 'node:crypto';
import { type Broker, type Consumption, kafkaClient, openKafkaBroker } from '@crossroads/messaging';
import { eventually, testPostgres } from '@crossroads/testing';
import { testKafka } from '@crossroads/testing/kafka';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LogInMemory } from './log-in-memory.js';
import { RecordingConsumer, RecordingService } from './recording-consumer.js';

const kafka = await testKafka();
const PARTITIONS = 4;

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

afterAll(async () => {
  await kafka?.stop();
  await (await testPostgres()).stop();
});

if (!kafka) {
  it.todo('needs Kafka');
} else {
  describe('a consumer of a topic on Kafka', () => {
    const brokers = kafka.brokers.split(',');
    let service: RecordingService;
    let log: LogInMemory;
    let broker: Broker;
    let topic: string;
    let group: string;
    let next: number;
    const open: Consumption[] = [];

    beforeEach(async () => {
      service = await RecordingService.start();
      log = new LogInMemory();
      broker = await openKafkaBroker({ brokers, clientId: 'spec', tls: kafka.admin });
      topic = `crossroads.consuming.${randomUUID()}`;
      group = randomUUID();
      next = 0;
      await broker.ensureTopic({ name: topic, partitions: PARTITIONS, retentionDays: 7 });
    });
    afterEach(async () => {
      await Promise.all(open.splice(0).map((one) => one.close()));
      await broker.close();
      await service.stop();
    });

    const consume = (consumer?: RecordingConsumer) => {
      const consumption = service.consume(broker, [log.eventSource], consumer, { topic, group });
      open.push(consumption);
      return consumption;
    };
    /** `count` events on each partition; some are published twice, as after the crash of a relay. */
    const publish = async (count: number): Promise<void> => {
      const events = range(0, count).flatMap(() =>
        range(0, PARTITIONS).map((partition) => log.append(partition, next++)),
      );
      await broker.publish(topic, events);
      await broker.publish(topic, events.slice(events.length / 2));
    };
    const allTaken = async (): Promise<void> => {
      for (const partition of range(0, PARTITIONS)) {
        const expected = log.publishedIn(partition);
        await eventually(
          () => service.effects(partition),
          (effects) => effects.length >= expected.length,
          60_000,
        );
        expect(await service.effects(partition)).toEqual(expected);
      }
    };
    const deleteRecords = async (): Promise<void> => {
      const admin = kafkaClient({ brokers, clientId: 'spec', tls: kafka.admin }, () => undefined).admin();
      await admin.connect();
      await admin.deleteTopicRecords({ topic, partitions: await admin.fetchTopicOffsets(topic) });
      await admin.disconnect();
    };

    it('takes each event once and in order while another one joins, leaves and comes back under load', async () => {
      const first = consume();
      await publish(20);
      await allTaken();
      const second = consume();
      for (const round of range(0, 6)) {
        await publish(20);
        if (round === 2) await second.close();
        if (round === 3) consume();
      }
      await allTaken();
      await first.close();
      await publish(5);
      await allTaken();
    });

    it('reads from the publisher what the topic lost while it was away', async () => {
      const first = consume();
      await publish(5);
      await allTaken();
      await first.close();
      await publish(10);
      await deleteRecords();
      await publish(1);
      consume();
      await allTaken();
    });

    it('stops the partition whose log was restored, and takes the others', async () => {
      const consumption = consume();
      await publish(5);
      await allTaken();
      log.restore(2, 3n);
      await broker.publish(topic, [log.opened(2)]);
      await eventually(
        () => consumption.forked(),
        (forked) => forked === 1,
        60_000,
      );
      const before = await service.effects(2);
      await publish(3);
      for (const partition of [0, 1, 3])
        await eventually(
          () => service.effects(partition),
          (effects) => effects.length === log.publishedIn(partition).length,
          60_000,
        );
      expect(await service.effects(2)).toEqual(before);
    });
  });
}
