import { type CloudEvent, kafkaClient } from '@crossroads/messaging';
import { testKafka } from '@crossroads/testing/kafka';
import type { TestMesh } from '@crossroads/testing/mesh';

const AT_ONCE = 500;

/** Messages a second that kafkajs alone produces: those of `sample`, to one topic, 500 at a time, acknowledged by all replicas. */
export const bareProduce = async (
  bus: TestMesh['bus'],
  topic: string,
  sample: readonly CloudEvent[],
  count: number,
): Promise<number | undefined> => {
  const kafka = bus.kind === 'kafka' ? await testKafka() : undefined;
  if (!kafka) return undefined;
  const messages = Array.from({ length: AT_ONCE }, (_, n) => sample[n % sample.length])
    .filter((one) => one !== undefined)
    .map((event) => ({ key: event.key, value: Buffer.from(event.data), headers: headersOf(event) }));
  const client = kafkaClient(
    { brokers: kafka.brokers.split(','), clientId: 'bench', tls: kafka.admin },
    () => undefined,
  );
  const producer = client.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const began = performance.now();
  for (let sent = 0; sent < count; sent += AT_ONCE) await producer.send({ topic, messages, acks: -1 });
  const perSecond = count / ((performance.now() - began) / 1_000);
  await producer.disconnect();
  return perSecond;
};

/** As many as a delivery has on its topic. */
const headersOf = ({ id, source, type, service, time, sequence = '' }: CloudEvent): Record<string, string> => ({
  ce_specversion: '1.0',
  ce_id: id,
  ce_source: source,
  ce_type: type,
  ce_service: service,
  ce_time: time.toISOString(),
  'content-type': 'application/protobuf',
  ce_sequence: sequence,
});
