import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CertificateAuthorities,
  findJavaWithJars,
  type RunningKafkaCluster,
  startKafkaCluster,
} from '@crossroads/local';
import { type Broker, type CloudEvent, openBroker } from '@crossroads/messaging';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { progress } from '../whole-mesh.js';

const TOPIC = 'leader-change';
const PARTITIONS = 12;

const java = await findJavaWithJars(process.env, progress);
if ('why' in java) progress(`SKIPPED: events are published while partitions change their leader: ${java.why}`);

const eventOn = (partition: number): CloudEvent => ({
  id: randomUUID(),
  source: 'urn:crossroads:service:test',
  type: 'crossroads.test.v1.things.notify.changed',
  service: 'crossroads.test.v1',
  time: new Date(),
  key: String(partition),
  partition,
  data: Buffer.from('event'),
});

('why' in java ? describe.skip : describe)('events for partitions of three brokers', () => {
  let kafka: RunningKafkaCluster;
  let broker: Broker;
  const dataFolder = mkdtempSync(join(tmpdir(), 'crossroads-leaders-'));

  beforeAll(async () => {
    const authority = await CertificateAuthorities.open(join(dataFolder, 'certificates'), 'crossroads.test');
    const started = await startKafkaCluster({ dataFolder, authority, nodes: 3, report: progress });
    if ('why' in started) throw new Error(started.why);
    kafka = started;
    const { ca, certificate, key } = kafka.admin;
    const tls = { ca, cert: certificate, key };
    broker = await openBroker({ clientId: 'test', kafkaBrokers: kafka.brokers.join(','), tls });
    await broker.ensureTopic({ name: TOPIC, partitions: PARTITIONS, retentionDays: 1 });
  });

  afterAll(async () => {
    await broker?.close();
    await kafka?.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  it('all events for partitions of three brokers are published while one of these answers nothing, and the others take over what it led', async () => {
    const published: string[] = [];
    const publish = async () => {
      const events = Array.from({ length: PARTITIONS }, (_, partition) => eventOn(partition));
      await broker.publish(TOPIC, events);
      published.push(...events.map(({ id }) => id));
    };
    await publish();
    for (const node of kafka.nodes.values()) {
      const goOn = await node.suspend();
      try {
        await publish();
      } finally {
        await goOn();
      }
    }
    const read = new Set<string>();
    const reading = await broker.consume({
      topic: TOPIC,
      onBatch: async (events) => {
        for (const { id } of events) read.add(id);
      },
    });
    const missing = () => published.filter((id) => !read.has(id));
    await eventually(missing, ({ length }) => length === 0, 60_000).catch(() => undefined);
    expect(missing()).toEqual([]);
    await reading.close();
  });
});
