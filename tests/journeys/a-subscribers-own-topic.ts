import {
  CertificateAuthorities,
  type IdentityFiles,
  type InstitutionName,
  identityFiles,
  numberOf,
} from '@crossroads/local';
import { kafkaClient } from '@crossroads/messaging';
import { eventually } from '@crossroads/testing';
import { beforeAll, expect, it } from '@jest/globals';
import type { Kafka } from 'kafkajs';
import { move } from '../load.js';
import { progress, type WholeMesh } from '../whole-mesh.js';
import { onKafka } from '../on-kafka.js';
import { generatedPeople, generatedSsins } from '../people.js';
import { findConsoleConsumer } from './console-consumer.js';

const PEOPLE = 3;
const PENSIONS = numberOf('pension-office');
const TOPIC = `crossroads.deliveries.${PENSIONS}.v1`;

const byConsole = await findConsoleConsumer();
if ('why' in byConsole) progress(`SKIPPED, no console consumer: ${byConsole.why}`);
const onConsole = 'why' in byConsole ? it.skip : onKafka;

let mesh: WholeMesh;

const numbered = async (name: InstitutionName): Promise<number> => {
  const { subscriptions } = await mesh
    .as(name)
    .subscriptions.listSubscriptions({ institution: '', pageSize: 1, pageToken: '' });
  return Number(subscriptions[0]?.lastSequence ?? 0);
};

const brokers = (): readonly string[] => {
  const { broker } = mesh.local.mesh();
  return broker.kind === 'kafka' ? broker.institutionBrokers : [];
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

/** Who may read a subscriber's own topic, on a mesh on which nobody has subscribed yet. */
export const aSubscribersOwnTopic = (running: () => WholeMesh): void => {
  beforeAll(async () => {
    mesh = running();
    await mesh.load(() => generatedPeople(PEOPLE));
    await mesh.decide('pension-office', 'employment-office');
    for (const name of ['pension-office', 'employment-office'] as const) {
      await mesh.inscribe(name, generatedSsins(PEOPLE));
      await mesh.subscribe(name);
    }
    for (const ssin of generatedSsins(PEOPLE)) await move(mesh.as('municipality'), ssin, '7');
    for (const name of ['pension-office', 'employment-office'] as const)
      await eventually(
        () => numbered(name),
        (count) => count >= PEOPLE,
      );
  });

  onKafka('an institution reads its topic with its certificate', async () => {
    const consumer = kafkaAs(filesOf('pension-office')).consumer({ groupId: `${PENSIONS}.outside` });
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
      expect(await refused(other, TOPIC, `${PENSIONS}.outside`)).toMatch(/authoriz/i);
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
    const [pensions, office] = [await keysOf('pension-office'), await keysOf('employment-office')];
    expect(pensions.filter((key) => office.includes(key))).toEqual([]);
  });

  onKafka('a subscriber cannot read internal topics, and cannot write to any topic', async () => {
    const pensions = kafkaAs(filesOf('pension-office'));
    for (const topic of ['crossroads.person.v1', 'crossroads.mutation.v1', 'crossroads.access.subscription.v1'])
      expect(await refused(pensions, topic, `${PENSIONS}.outside`)).toMatch(/authoriz/i);
    const producer = pensions.producer({ retry: { retries: 1 } });
    await producer.connect();
    await expect(producer.send({ topic: TOPIC, messages: [{ value: 'mine' }] })).rejects.toThrow(/authoriz/i);
    await producer.disconnect();
  });

  onKafka('Kafka refuses a certificate of another authority', async () => {
    const folder = mesh.local.folder.certificates;
    const other = await CertificateAuthorities.create('crossroads.test');
    const files = await identityFiles(folder, 'forged', other, (ca) =>
      ca.issueApplication({ application: 'pension-office', enterpriseNumber: PENSIONS }),
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
          group: `${PENSIONS}.console`,
          identity: filesOf('pension-office'),
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
};
