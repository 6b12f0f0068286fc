import { readFileSync } from 'node:fs';
import { DeliberationState } from '@crossroads/contracts/authorization/v1/policy';
import type { TlsFiles } from '@crossroads/grpc';
import { probe, spkiOfPem } from '@crossroads/local';
import { kafkaClient } from '@crossroads/messaging';
import { eventually } from '@crossroads/testing';
import { ALL_RIGHTS, type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { itOnKafka } from '@crossroads/testing/on-kafka';
import { DELIVERIES, kafkaPrincipalOfKey, topicOfInstitution } from '@crossroads/topology';
import { afterAll, afterEach, beforeAll, describe, expect } from '@jest/globals';
import kafkajs, { type AclEntry, type Admin, type Consumer, type Kafka } from 'kafkajs';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

// A Kafka of its own: on that of other specs it would remove their rights.
delete process.env['TEST_KAFKA_BROKERS'];
const onKafka = await itOnKafka();

const silent = () => undefined;
const EVERY_MS = 500;

/** An institution to which a data service is granted by subscription. */
interface Subscriber {
  readonly enterpriseNumber: string;
  readonly topic: string;
  readonly tls: TlsFiles;
}

describe('the broker-keeper', () => {
  let mesh: TestMesh;
  let keeper: ServiceProcess;
  let admin: Admin;
  const consumers: Consumer[] = [];
  let subscribers = 0;

  beforeAll(async () => {
    mesh = await TestMesh.start('broker-keeper', { bus: 'kafka' });
    if (mesh.bus.kind !== 'kafka') return;
    keeper = await mesh.startProcess({ env: { ACCESS_CHECK_MS: String(EVERY_MS) } });
    admin = kafkaAs(await mesh.serviceCertificate('kafka')).admin();
    await admin.connect();
  });
  afterEach(async () => {
    await Promise.all(consumers.splice(0).map((consumer) => consumer.disconnect()));
  });
  afterAll(async () => {
    await admin?.disconnect();
    await mesh.stop();
  });

  const kafkaAs = (tls: TlsFiles): Kafka =>
    kafkaClient({ brokers: mesh.bus.brokersFor(tls), clientId: 'spec', tls }, silent);

  const spkiOf = ({ cert }: TlsFiles): string => spkiOfPem(readFileSync(cert, 'utf8'));

  const setKeys = (enterpriseNumber: string, ...keys: readonly TlsFiles[]): bigint =>
    mesh.policy.put({
      $case: 'application',
      value: { ...ALL_RIGHTS, enterpriseNumber, name: 'desk', spkiHashes: keys.map(spkiOf) },
    });

  const newSubscriber = async (): Promise<Subscriber> => {
    const enterpriseNumber = `02067${String(++subscribers).padStart(5, '0')}`;
    const tls = await mesh.register(enterpriseNumber);
    mesh.policy.put({
      $case: 'deliberation',
      value: {
        deliberationId: `deliberation of ${enterpriseNumber}`,
        reference: '',
        title: '',
        recipient: enterpriseNumber,
        state: DeliberationState.DELIBERATION_STATE_APPROVED,
        decideTime: undefined,
        revokeTime: undefined,
        grants: [
          {
            dataService: 'identification:v1',
            legalContexts: ['A'],
            inscriptionContexts: ['A'],
            fieldGroups: ['name'],
            online: false,
            subscription: true,
            withoutOfficial: false,
            validity: { startDate: undefined, endDate: undefined },
          },
        ],
      },
    });
    const topic = topicOfInstitution(DELIVERIES, enterpriseNumber);
    await eventually(
      () => admin.listTopics(),
      (topics) => topics.includes(topic),
    );
    await eventually(() => mayRead(enterpriseNumber, tls), Boolean);
    return { enterpriseNumber, topic, tls };
  };

  const rights = async (): Promise<AclEntry[]> => {
    const any = {
      resourceType: AclResourceTypes.ANY,
      resourcePatternType: ResourcePatternTypes.ANY,
      operation: AclOperationTypes.ANY,
      permissionType: AclPermissionTypes.ANY,
    };
    const { resources } = await admin.describeAcls(any);
    return resources.flatMap(({ acls, ...resource }) => acls.map((acl) => ({ ...resource, ...acl })));
  };

  const rightsOf = async (principal: string) => (await rights()).filter((right) => right.principal === principal);

  const mayRead = async (enterpriseNumber: string, tls: TlsFiles): Promise<boolean> => {
    const principal = kafkaPrincipalOfKey({ enterpriseNumber, application: 'desk', spki: spkiOf(tls) });
    return (await rightsOf(principal)).some(({ resourceType }) => resourceType === AclResourceTypes.TOPIC);
  };

  /** A consumer that is open and has asked for messages; `ended` says with which error it ended, and when. */
  const openConsumer = async ({ enterpriseNumber, topic }: Subscriber, tls: TlsFiles, name = 'desk') => {
    const consumer = kafkaAs(tls).consumer({
      groupId: `${enterpriseNumber}.${name}`,
      retry: { retries: 0 },
      allowAutoTopicCreation: false,
      // That of Kafka's own client. What is asked before a withdrawal is still answered, once.
      maxWaitTimeInMs: 500,
    });
    consumers.push(consumer);
    const asked = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<{ readonly error: string; readonly at: number }>();
    const values: string[] = [];
    consumer.on(consumer.events.GROUP_JOIN, () => asked.resolve());
    consumer.on(consumer.events.CRASH, ({ payload: { error } }) =>
      ended.resolve({ error: String(error), at: performance.now() }),
    );
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void values.push(String(message.value)) });
    await Promise.race([asked.promise, ended.promise]);
    return { values, ended: ended.promise };
  };

  const write = async (topic: string, value: string): Promise<void> => {
    const producer = kafkaAs(await mesh.serviceCertificate('kafka')).producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ value, partition: 0 }] });
    await producer.disconnect();
  };

  /** Another key of the same application. */
  const anotherKey = ({ enterpriseNumber }: Subscriber): Promise<TlsFiles> =>
    mesh.applicationCertificate(enterpriseNumber);

  const errorOf = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'OK',
      (error: unknown) => (error instanceof Error && 'type' in error ? error.type : String(error)),
    );

  onKafka('creates the topic of a subscriber, and lets its registered keys read it, and nothing else', async () => {
    const [mine, theirs] = [await newSubscriber(), await newSubscriber()];
    const { topics } = await admin.fetchTopicMetadata({ topics: [mine.topic] });
    expect(topics[0]?.partitions).toHaveLength(DELIVERIES.partitions);
    const { values } = await openConsumer(mine, mine.tls);
    await write(mine.topic, 'first');
    await eventually(
      () => values,
      (read) => read.includes('first'),
    );
    const stranger = await openConsumer(mine, await anotherKey(mine), 'stranger').catch(String);
    expect(stranger).toMatch(/not authorized/i);
    expect(await openConsumer(theirs, mine.tls).catch(String)).toMatch(/not authorized/i);
    const principal = kafkaPrincipalOfKey({
      enterpriseNumber: mine.enterpriseNumber,
      application: 'desk',
      spki: spkiOf(mine.tls),
    });
    const allowed = (await rightsOf(principal)).map(({ operation, resourceName }) => `${operation} ${resourceName}`);
    expect(new Set(allowed)).toEqual(
      new Set([mine.topic, mine.enterpriseNumber].map((name) => `${AclOperationTypes.READ} ${name}`)),
    );
    expect(allowed).toHaveLength(2);
  });

  onKafka('ends the open consumer of a key that is withdrawn, and not that of another key', async () => {
    const subscriber = await newSubscriber();
    const other = await anotherKey(subscriber);
    setKeys(subscriber.enterpriseNumber, subscriber.tls, other);
    await eventually(() => mayRead(subscriber.enterpriseNumber, other), Boolean);
    const withdrawn = await openConsumer(subscriber, subscriber.tls);
    const kept = await openConsumer(subscriber, other, 'other');
    const from = performance.now();
    setKeys(subscriber.enterpriseNumber, other);
    const { error, at } = await withdrawn.ended;
    process.stderr.write(`        the consumer of a withdrawn key ended after ${(at - from).toFixed(0)} ms\n`);
    expect(error).toMatch(/not authorized/i);
    expect(at - from).toBeLessThan(20_000);
    await write(subscriber.topic, 'after the withdrawal');
    await eventually(
      () => kept.values,
      (values) => values.includes('after the withdrawal'),
    );
    expect(withdrawn.values).not.toContain('after the withdrawal');
  });

  onKafka('removes rights on topics of the mesh that somebody has added by hand, and no others', async () => {
    const { topic, enterpriseNumber } = await newSubscriber();
    const to = (principal: string, resourceName: string, resourcePatternType: number): AclEntry => ({
      principal,
      host: '*',
      operation: AclOperationTypes.READ,
      permissionType: AclPermissionTypes.ALLOW,
      resourceType: AclResourceTypes.TOPIC,
      resourceName,
      resourcePatternType,
    });
    const { LITERAL, PREFIXED } = ResourcePatternTypes;
    const foreign = [
      to('User:CN=stranger', topic, LITERAL),
      to('User:CN=stranger', 'crossroads.access.', PREFIXED),
      to('User:*', 'cross', PREFIXED),
      to('User:CN=exchange', topic, LITERAL),
      to(`User:CN=desk,OU=unknown,O=${enterpriseNumber}`, topic, LITERAL),
      {
        ...to('User:CN=exchange', 'kafka-cluster', LITERAL),
        resourceType: AclResourceTypes.CLUSTER,
        operation: AclOperationTypes.ALTER,
      },
      { ...to('User:*', topic, LITERAL), permissionType: AclPermissionTypes.DENY },
    ];
    const elsewhere = to('User:CN=stranger', 'weather.v1', LITERAL);
    await admin.createAcls({ acl: [...foreign, elsewhere] });
    const isForeign = (right: AclEntry) =>
      foreign.some((one) => Object.entries(one).every(([name, value]) => Reflect.get(right, name) === value));
    // Kafka shows created rights a moment later, all of one request at once: without `elsewhere` none of them has been there yet.
    await eventually(
      rights,
      (now) => now.some(({ resourceName }) => resourceName === 'weather.v1') && !now.some(isForeign),
    );
    expect(await rightsOf('User:CN=stranger')).toMatchObject([{ resourceName: 'weather.v1' }]);
  });

  onKafka('brings back a topic and rights that somebody has removed', async () => {
    const { topic, enterpriseNumber, tls } = await newSubscriber();
    const ofSubscription = await rightsOf('User:CN=subscription');
    const own = await rightsOf(kafkaPrincipalOfKey({ enterpriseNumber, application: 'desk', spki: spkiOf(tls) }));
    expect(own).toHaveLength(2);
    await admin.deleteTopics({ topics: [topic] });
    await admin.deleteAcls({ filters: [...own, ...ofSubscription.slice(0, 2)] });
    await eventually(() => mayRead(enterpriseNumber, tls), Boolean);
    await eventually(
      () => admin.listTopics(),
      (topics) => topics.includes(topic),
    );
    await eventually(
      async () => (await rightsOf('User:CN=subscription')).length,
      (count) => count === ofSubscription.length,
    );
  });

  onKafka('alone changes rights: no service that writes topics of institutions may create one or grant', async () => {
    const { topic } = await newSubscriber();
    const [right] = (await rights()).filter(({ resourceName }) => resourceName === topic);
    if (!right) throw new Error('nobody may read the topic');
    for (const name of ['subscription', 'ebox'] as const) {
      const own = kafkaAs(await mesh.serviceCertificate(name)).admin({ retry: { retries: 0 } });
      await own.connect();
      const create = own.createTopics({ topics: [{ topic: topicOfInstitution(DELIVERIES, '0999999922') }] });
      expect(String(await errorOf(create))).toMatch(/TOPIC_AUTHORIZATION_FAILED|KafkaJSAggregateError|authori/i);
      expect(await errorOf(own.createAcls({ acl: [right] }))).toBe('CLUSTER_AUTHORIZATION_FAILED');
      expect(await errorOf(own.deleteAcls({ filters: [right] }))).toBe('CLUSTER_AUTHORIZATION_FAILED');
      await own.disconnect();
    }
    expect(await admin.listTopics()).not.toContain(topicOfInstitution(DELIVERIES, '0999999922'));
  });

  onKafka('grants nothing new while it is down, and readers go on; it catches up when it starts', async () => {
    const subscriber = await newSubscriber();
    const { enterpriseNumber, topic, tls } = subscriber;
    const { values } = await openConsumer(subscriber, tls);
    const other = await anotherKey(subscriber);
    await keeper.stop();
    setKeys(enterpriseNumber, tls, other);
    await write(topic, 'while it is down');
    await eventually(
      () => values,
      (read) => read.includes('while it is down'),
    );
    expect(await mayRead(enterpriseNumber, other)).toBe(false);
    await keeper.launch();
    expect(await mayRead(enterpriseNumber, other)).toBe(true);
  });

  onKafka('changes nothing and is not ready while the policy is stale; who reads goes on', async () => {
    const subscriber = await newSubscriber();
    const { enterpriseNumber, topic, tls } = subscriber;
    const { values } = await openConsumer(subscriber, tls);
    mesh.policy.silent = true;
    try {
      await eventually(
        () => probe(keeper.port),
        (ready) => !ready,
      );
      const own = await rightsOf(kafkaPrincipalOfKey({ enterpriseNumber, application: 'desk', spki: spkiOf(tls) }));
      await admin.deleteAcls({ filters: own.filter(({ resourceType }) => resourceType === AclResourceTypes.GROUP) });
      await write(topic, 'while it is stale');
      await eventually(
        () => values,
        (read) => read.includes('while it is stale'),
      );
      // Several looks would have been taken meanwhile.
      const from = performance.now();
      await eventually(
        () => performance.now() - from,
        (passed) => passed > 4 * EVERY_MS,
      );
      expect((await rightsOf(own[0]?.principal ?? '')).length).toBe(1);
    } finally {
      mesh.policy.silent = false;
    }
    await eventually(
      async () => (await rights()).filter(({ resourceName }) => resourceName === enterpriseNumber),
      ({ length }) => length === 1,
    );
    await eventually(() => probe(keeper.port), Boolean);
  });
});
