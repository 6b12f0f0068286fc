import { randomUUID, X509Certificate } from 'node:crypto';
import { spkiOf } from '@crossroads/grpc';
import {
  aclEntriesOf,
  type Broker,
  type CloudEvent,
  kafkaClient,
  type KafkaTls,
  openAdministration,
  openKafkaBroker,
} from '@crossroads/messaging';
import { DELIVERIES, kafkaGrantsOfInstitution, kafkaPrincipalOfKey } from '@crossroads/topology';
import { afterAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@crossroads/testing';
import { testKafka } from '@crossroads/testing/kafka';
import {
  brokerContract,
  numberOf,
  onPartitions,
  sampleEvent,
  sampleEvents,
} from '@crossroads/messaging/broker.contract';

const kafka = await testKafka();
const brokers = kafka?.brokers.split(',') ?? [];

afterAll(async () => {
  await kafka?.stop();
});

if (!kafka) {
  it.todo('needs Kafka');
} else {
  brokerContract('Kafka', async () => ({ clientId: 'contract', kafkaBrokers: kafka.brokers, tls: kafka.admin }));

  describe('Kafka itself', () => {
    const open: Broker[] = [];
    const connect = async (tls: KafkaTls, clientId = 'contract', at = brokers): Promise<Broker> => {
      const broker = await openKafkaBroker({ brokers: at, clientId, tls });
      open.push(broker);
      return broker;
    };
    afterAll(async () => {
      await Promise.all(open.map((broker) => broker.close()));
    });

    it('lets a reader consume its own topic in its own groups, and nothing else', async () => {
      const [number, other] = ['0316380841', '0206653946'];
      const admin = await connect(kafka.admin);
      const [own, others] = [`crossroads.deliveries.${number}.v1`, `crossroads.deliveries.${other}.v1`];
      await admin.ensureTopic({ name: own, retentionDays: 30 });
      await admin.ensureTopic({ name: others, retentionDays: 30 });
      await admin.publish(own, [sampleEvent(1)]);
      await admin.publish(others, [sampleEvent(2)]);

      const tls = await kafka.issue((ca) => ca.issueApplication({ application: 'payroll', enterpriseNumber: number }));
      const key = { enterpriseNumber: number, application: 'payroll', spki: spkiOf(new X509Certificate(tls.cert)) };
      const administration = await openAdministration({
        clientId: 'contract',
        kafkaBrokers: kafka.brokers,
        tls: kafka.admin,
      });
      await administration.grant(
        aclEntriesOf(kafkaPrincipalOfKey(key), kafkaGrantsOfInstitution(number, [DELIVERIES])),
      );
      await administration.close();
      const reader = await connect(tls, number, kafka.institutionBrokers.split(','));
      const got: CloudEvent[] = [];
      const refused: string[] = [];
      const read = async (topic: string, group: string) =>
        reader
          .consume({
            topic,
            group,
            onBatch: async (events) => void got.push(...events),
            onError: (error) => void refused.push(`${topic} ${group} ${String(error)}`),
          })
          .catch((error: unknown) => void refused.push(`${topic} ${group} ${String(error)}`));

      await read(own, `${number}.payroll`);
      await eventually(() => got.length === 1, Boolean);
      await read(others, `${number}.payroll-2`);
      await eventually(() => refused.some((why) => why.startsWith(others)), Boolean);
      await read(own, `${other}.payroll`);
      await eventually(() => refused.some((why) => why.startsWith(`${own} ${other}`)), Boolean);
      expect(got.map(numberOf)).toEqual([1]);
      await expect(reader.publish(own, [sampleEvent(3)])).rejects.toThrow(/authori/i);
    });

    it('rejects an event that is too large, without retries', async () => {
      const admin = await connect(kafka.admin);
      const topic = `crossroads.contract.${randomUUID()}`;
      await admin.ensureTopic({ name: topic, retentionDays: 1 });
      await expect(admin.publish(topic, [sampleEvent(1, { data: Buffer.alloc(9_000_000) })])).rejects.toThrow(/large/i);
    });

    it('commits the offsets of all partitions from time to time, without waiting for the end', async () => {
      const broker = await connect(kafka.admin);
      const [topic, group] = [`crossroads.contract.${randomUUID()}`, randomUUID()];
      await broker.ensureTopic({ name: topic, partitions: 4, retentionDays: 1 });
      await broker.publish(topic, onPartitions(40, 4));
      await broker.consume({ topic, group, onBatch: async () => undefined });
      const admin = kafkaClient({ brokers, clientId: 'contract', tls: kafka.admin }, () => undefined).admin();
      await admin.connect();
      await eventually(
        async () => (await admin.fetchOffsets({ groupId: group, topics: [topic] }))[0]?.partitions ?? [],
        (partitions) => partitions.length === 4 && partitions.every(({ offset }) => offset === '10'),
      );
      await admin.disconnect();
    });

    (process.env['TEST_KAFKA_BROKERS'] ? it.skip : it)(
      'delivers everything in order after the broker was killed and restarted',
      async () => {
        const admin = await connect(kafka.admin);
        const topic = `crossroads.contract.${randomUUID()}`;
        await admin.ensureTopic({ name: topic, retentionDays: 1 });
        const got = new Set<number>();
        const order: number[] = [];
        await admin.consume({
          topic,
          group: randomUUID(),
          onBatch: async (events) => {
            for (const n of events.map(numberOf)) {
              if (!got.has(n)) order.push(n);
              got.add(n);
            }
          },
        });
        const follower: number[] = [];
        await admin.consume({ topic, onBatch: async (events) => void follower.push(...events.map(numberOf)) });
        const events = sampleEvents(2_000);
        const published = (async () => {
          for (let from = 0; from < events.length; from += 20)
            await admin.publish(topic, events.slice(from, from + 20));
        })();
        await eventually(() => got.size > 100, Boolean);
        kafka.kill();
        await published;
        await eventually(() => got.size === events.length, Boolean);
        expect(order).toEqual(events.map(numberOf));
        await eventually(() => new Set(follower).size === events.length, Boolean);
      },
      180_000,
    );
  });
}
