import { randomUUID } from 'node:crypto';
import type { IdentityFiles, IssuedCertificate } from '@crossroads/local';
import { kafkaClient } from '@crossroads/messaging';
import type { Kafka } from 'kafkajs';

/** `OK`, or Kafka's error: `TOPIC_AUTHORIZATION_FAILED`, `GROUP_AUTHORIZATION_FAILED`. */
export type Verdict = string;

const GIVE_UP_MS = 120_000;

const silent = () => undefined;

/** A client with a certificate, without retries. */
export const kafkaAs = (brokers: readonly string[], { ca, certificate, key }: IdentityFiles): Kafka =>
  kafkaClient({ brokers, clientId: 'access', tls: { ca, cert: certificate, key } }, silent);

/** Whether a listener takes a certificate (PEM), whatever that may do then. */
export const isTaken = async (
  brokers: readonly string[],
  ca: string,
  { certificate: cert, key }: IssuedCertificate,
): Promise<boolean> => {
  const admin = kafkaClient({ brokers, clientId: 'access', tls: { ca, cert, key } }, silent).admin({
    retry: { retries: 0 },
  });
  try {
    await admin.connect();
    await admin.listTopics();
    return true;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(silent);
  }
};

/** Tries to read a topic in a consumer group. */
export const reading = async (kafka: Kafka, topic: string, group: string): Promise<Verdict> => {
  const consumer = kafka.consumer({
    groupId: `${group}.${randomUUID()}`,
    retry: { retries: 0 },
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 50,
  });
  const verdict = Promise.withResolvers<Verdict>();
  const late = setTimeout(() => verdict.resolve('no answer'), GIVE_UP_MS);
  consumer.on(consumer.events.CRASH, ({ payload: { error } }) => verdict.resolve(saidOf(error)));
  consumer.on(consumer.events.FETCH, () => verdict.resolve('OK'));
  try {
    await consumer.connect();
    await consumer.subscribe({ topic });
    await consumer.run({ eachMessage: async () => undefined });
  } catch (error) {
    verdict.resolve(saidOf(error));
  }
  const found = await verdict.promise;
  clearTimeout(late);
  await consumer.disconnect().catch(silent);
  return found;
};

/** Tries to write to a topic. */
export const writing = async (kafka: Kafka, topic: string): Promise<Verdict> => {
  const producer = kafka.producer({ retry: { retries: 0 }, allowAutoTopicCreation: false });
  try {
    await producer.connect();
    await producer.send({ topic, messages: [{ value: 'no event' }] });
    return 'OK';
  } catch (error) {
    return saidOf(error);
  } finally {
    await producer.disconnect().catch(silent);
  }
};

export const makeTopic = async (administrator: Kafka, topic: string): Promise<void> => {
  const admin = administrator.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
  await admin.disconnect();
};

/** kafkajs wraps the error of the broker in its own errors. */
const saidOf = (error: unknown): Verdict => {
  for (let at = error; at instanceof Error; at = at.cause) {
    const type: unknown = Reflect.get(at, 'type');
    if (typeof type === 'string') return type;
  }
  return error instanceof Error ? error.message : String(error);
};
