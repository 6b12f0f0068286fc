import { fileURLToPath } from 'node:url';
import { BusSettings, MeshSettings, ReadinessChecks, ServiceIdentity } from '@crossroads/configuration';
import { type Broker, Bus, embeddedLogMigrations, openEmbeddedBroker, WrongPartitions } from '@crossroads/messaging';
import { eventually, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { EXCHANGE_ACCESS_TOPIC, MUTATION_TOPIC, PARTITIONS, PERSON_TOPIC } from '@crossroads/topology';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

describe('the bus of a service', () => {
  let database: TestDatabase;
  let broker: Broker;
  const open: Bus[] = [];

  beforeEach(async () => {
    database = await testDatabase(...embeddedLogMigrations);
    broker = await openEmbeddedBroker({ url: database.url });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((bus) => bus.onApplicationShutdown()));
    await broker.close();
    await database.drop();
  });
  afterAll(async () => {
    await (await testPostgres()).stop();
  });

  const start = (service: 'exchange' | 'reference-directory') => {
    const checks = new ReadinessChecks();
    // No TLS on the embedded log: any files.
    const file = fileURLToPath(import.meta.url);
    const mesh = new MeshSettings({ TLS_CA_FILE: file, TLS_CERT_FILE: file, TLS_KEY_FILE: file });
    const settings = new BusSettings({ EMBEDDED_LOG_URL: database.url });
    const bus = new Bus(new ServiceIdentity(service), settings, mesh, checks);
    open.push(bus);
    bus.onApplicationBootstrap();
    return { bus, ready: async () => (await checks.all()['bus']?.ask()) ?? false };
  };

  it('creates the topics that the service writes, each with the partitions of a log', async () => {
    const { bus, ready } = start('exchange');
    await bus.whenOpen();
    expect(await ready()).toBe(true);
    expect(await broker.partitionsOf(MUTATION_TOPIC)).toBe(PARTITIONS);
    expect(await broker.partitionsOf(EXCHANGE_ACCESS_TOPIC)).toBe(PARTITIONS);
  });

  it.each([
    ['writes', 'exchange', MUTATION_TOPIC],
    ['reads', 'reference-directory', PERSON_TOPIC],
  ] as const)(
    'does not open until a topic that the service %s has the partitions of a log',
    async (_, service, topic) => {
      await broker.ensureTopic({ name: topic, partitions: 1, retentionDays: 7 });
      const { bus, ready } = start(service);
      const admin = new pg.Client({ connectionString: database.migratorUrl });
      await admin.connect();
      const refusal = () => {
        try {
          return bus.requireOpen();
        } catch (error) {
          return error instanceof Error ? error.cause : undefined;
        }
      };
      expect(await eventually(refusal, (why) => why !== undefined)).toEqual(new WrongPartitions(topic, 1, PARTITIONS));
      expect(await ready()).toBe(false);

      await admin.query('delete from bus.partitions where topic = $1', [topic]);
      await admin.query('delete from bus.topics where name = $1', [topic]);
      await admin.end();
      await broker.ensureTopic({ name: topic, partitions: PARTITIONS, retentionDays: 7 });
      await bus.whenOpen();
      expect(await ready()).toBe(true);
    },
  );
});
