import {
  CertificateAuthority,
  type IdentityFiles,
  type InstitutionName,
  identityFiles,
  numberOf,
} from '@crossroads/local';
import { kafkaClient } from '@crossroads/messaging';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Kafka } from 'kafkajs';
import { move } from '../load.js';
import { progress, WholeMesh } from '../whole-mesh.js';
import { onKafka } from '../on-kafka.js';
import { generatedPeople, generatedSsins } from '../people.js';
import { findConsoleConsumer } from './console-consumer.js';

const PEOPLE = 3;
const FUND = numberOf('health-fund');
const TOPIC = `crossroads.deliveries.${FUND}.v1`;

const byConsole = await findConsoleConsumer();
if ('why' in byConsole) progress(`SKIPPED, no console consumer: ${byConsole.why}`);
const onConsole = 'why' in byConsole ? it.skip : onKafka;

let mesh: WholeMesh;

beforeAll(async () => {
  mesh = await WholeMesh.start();
  await mesh.load(() => generatedPeople(PEOPLE));
  await mesh.decide('health-fund', 'employment-office');
  for (const name of ['health-fund', 'employment-office'] as const) {
    await mesh.inscribe(name, generatedSsins(PEOPLE));
    await mesh.subscribe(name);
  }
  for (const ssin of generatedSsins(PEOPLE)) await move(mesh.as('municipality'), ssin, '7');
  for (const name of ['health-fund', 'employment-office'] as const)
    await eventually(
      () => numbered(name),
      (count) => count >= PEOPLE,
    );
});

afterAll(async () => {
  await mesh?.stop();
});

const numbered = async (name: InstitutionName): Promise<number> => {
  const { subscriptions } = await mesh
    .as(name)
    .subscriptions.listSubscriptions({ institution: '', pageSize: 1, pageToken: '' });
  return Number(subscriptions[0]?.lastSequence ?? 0);
};

const brokers = (): readonly string[] => {
  const { broker } = mesh.local.mesh();
  return broker.kind === 'kafka' ? broker.brokers : [];
};

const filesOf = (name: InstitutionName): IdentityFiles => {
  const { ca, cert, key } = mesh.network.connection(name).tls;
  return { ca, certificate: cert, key };
};

const kafkaAs = ({ ca, certificate, key }: IdentityFiles): Kafka =>
  kafkaClient({ brokers: brokers(), clientId: 'outside', tls: { ca, cert: certificate, key } }, () => undefined);

/** The broker's error for a read that must fail, or `read a message`. */
const refused = async (kafka: Kafka, topic: string, group: string): Promise<string> => {
  const consumer = kafka.consumer({ groupId: group, retry: { retries: 1 } });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    return await new Promise<string>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload: { error } }) => resolve(error.message));
      consumer.run({ eachMessage: async () => resolve('read a message') }).catch(reject);
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await consumer.disconnect().catch(() => undefined);
  }
};

describe("a subscriber's own topic", () => {
  onKafka('an institution reads its topic with its certificate', async () => {
    const consumer = kafkaAs(filesOf('health-fund')).consumer({ groupId: `${FUND}.outside` });
    await consumer.connect();
    await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
    const keys: string[] = [];
    await consumer.run({ eachMessage: async ({ message }) => void keys.push(message.key?.toString() ?? '') });
    await eventually(
      () => keys.length,
      (count) => count >= PEOPLE,
    );
    await consumer.disconnect();
    expect(new Set(keys).size).toBe(PEOPLE);
  });

  onKafka(
    "another institution cannot read a subscriber's topic, also with the subscriber's consumer group",
    async () => {
      const other = kafkaAs(filesOf('employment-office'));
      expect(await refused(other, TOPIC, `${numberOf('employment-office')}.outside`)).toMatch(/authoriz/i);
      expect(await refused(other, TOPIC, `${FUND}.outside`)).toMatch(/authoriz/i);
    },
  );

  onKafka('two subscribers receive different keys for the same people', async () => {
    const keysOf = async (name: InstitutionName) => {
      const consumer = kafkaAs(filesOf(name)).consumer({ groupId: `${numberOf(name)}.keys` });
      await consumer.connect();
      await consumer.subscribe({ topics: [`crossroads.deliveries.${numberOf(name)}.v1`], fromBeginning: true });
      const keys: string[] = [];
      await consumer.run({ eachMessage: async ({ message }) => void keys.push(message.key?.toString() ?? '') });
      await eventually(
        () => keys.length,
        (count) => count >= PEOPLE,
      );
      await consumer.disconnect();
      return keys;
    };
    const [fund, office] = [await keysOf('health-fund'), await keysOf('employment-office')];
    expect(fund.filter((key) => office.includes(key))).toEqual([]);
  });

  onKafka('a subscriber cannot read internal topics, and cannot write to any topic', async () => {
    const fund = kafkaAs(filesOf('health-fund'));
    for (const topic of ['crossroads.person.v1', 'crossroads.mutation.v1', 'crossroads.access.subscription.v1'])
      expect(await refused(fund, topic, `${FUND}.outside`)).toMatch(/authoriz/i);
    const producer = fund.producer({ retry: { retries: 1 } });
    await producer.connect();
    await expect(producer.send({ topic: TOPIC, messages: [{ value: 'mine' }] })).rejects.toThrow(/authoriz/i);
    await producer.disconnect();
  });

  onKafka('Kafka refuses a certificate of another authority', async () => {
    const folder = mesh.local.folder.certificates;
    const other = await CertificateAuthority.create('crossroads.test');
    const files = await identityFiles(folder, 'forged', other, (ca) =>
      ca.issueApplication({ application: 'health-fund', enterpriseNumber: FUND }),
    );
    const admin = kafkaAs(files).admin({ retry: { retries: 0 } });
    await expect(admin.connect()).rejects.toThrow();
    await admin.disconnect();
  });

  onConsole(
    "Kafka's console consumer reads a subscriber's topic only with the certificate of the subscriber",
    async () => {
      if ('why' in byConsole) throw new Error(byConsole.why);
      const [broker = ''] = brokers();
      const folder = mesh.local.folder.certificates;
      const [own, other] = await Promise.all([
        byConsole.read({
          broker,
          topic: TOPIC,
          group: `${FUND}.console`,
          identity: filesOf('health-fund'),
          messages: PEOPLE,
          folder,
        }),
        byConsole.read({
          broker,
          topic: TOPIC,
          group: `${numberOf('employment-office')}.console`,
          identity: filesOf('employment-office'),
          messages: 1,
          folder,
        }),
      ]);
      expect(own.messages).toHaveLength(PEOPLE);
      for (const ssin of generatedSsins(PEOPLE))
        expect(own.messages.filter((message) => message.includes(ssin))).toHaveLength(1);
      expect(other.messages).toEqual([]);
      expect(other.errors).toMatch(/TopicAuthorizationException/);
    },
  );
});
