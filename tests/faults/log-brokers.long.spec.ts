import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CertificateAuthorities,
  findJavaWithJars,
  kafkaAdmin,
  type RunningKafkaCluster,
  startKafkaCluster,
} from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { progress } from '../whole-mesh.js';
import { FaultTable } from './fault-table.js';
import { FaultWorld } from './fault-world.js';
import { parked } from './injections.js';
import { randomFrom, seedOf, shuffled } from './random.js';

const PEOPLE = 12;
const NODES = 3;
const TOPIC = 'crossroads.person.v1';

const java = await findJavaWithJars(process.env, progress);
if ('why' in java) progress(`SKIPPED: three brokers, of which the leader is killed: ${java.why}`);

('why' in java ? describe.skip : describe)(
  'a mesh on three brokers, of which each in turn is killed as leader,',
  () => {
    let world: FaultWorld;
    let kafka: RunningKafkaCluster;
    const dataFolder = mkdtempSync(join(tmpdir(), 'crossroads-brokers-'));
    const seed = seedOf();
    const table = new FaultTable(seed);

    beforeAll(async () => {
      progress(`seed ${seed}; repeat the order of brokers with FAULT_SEED=${seed}`);
      const before = async ({ path, certificates }: { readonly path: string; readonly certificates: string }) => {
        const authority = await CertificateAuthorities.open(certificates, 'crossroads.test');
        const started = await startKafkaCluster({ dataFolder: path, authority, nodes: NODES, report: progress });
        if ('why' in started) throw new Error(started.why);
        kafka = started;
        return {
          KAFKA_BROKERS: kafka.brokers.join(','),
          KAFKA_INSTITUTION_BROKERS: kafka.institutionBrokers.join(','),
        };
      };
      world = await FaultWorld.start({
        people: PEOPLE,
        doubled: ['person-registry', 'subscription'],
        wages: false,
        before,
      });
      world.begin();
      await world.goesOn();
      for (const broker of shuffled([...kafka.nodes.keys()], randomFrom(seed)))
        await table.inject(world, { what: 'kill -9 the leader, of three brokers', inject: () => killLeader(broker) });
      await world.pause();
    }, 600_000);

    afterAll(async () => {
      await world?.stop();
      await kafka?.stop();
      rmSync(dataFolder, { recursive: true, force: true });
    });

    /** Kills a broker that leads partitions. It is back, and in sync, when this resolves: two of three must have each write. */
    const killLeader = async (broker: number): Promise<string> => {
      const led = await leadBy(broker);
      if (led === 0) throw new Error(`broker ${broker} leads no partition`);
      const changed = world.allAccepted().length;
      const back = kafka.nodes.get(broker)?.killAndWait();
      // Changes go on with the two that are left.
      await eventually(() => world.allAccepted().length > changed, Boolean);
      await back;
      await eventually(inSync, (all) => all);
      return `broker ${broker}, leader of ${led} partitions`;
    };

    const leadBy = async (broker: number): Promise<number> =>
      eventually(
        async () => (await partitions()).filter(({ leader }) => leader === broker).length,
        (led) => led > 0,
      );

    const inSync = async (): Promise<boolean> => (await partitions()).every(({ isr }) => isr.length === NODES);

    const partitions = async () => {
      const admin = kafkaAdmin(kafka.brokers, kafka.admin, 5);
      await admin.connect();
      try {
        const { topics } = await admin.fetchTopicMetadata({ topics: [TOPIC] });
        return topics.flatMap((topic) => topic.partitions);
      } finally {
        await admin.disconnect();
      }
    };

    it('accepts changes and delivers them again after each one', () => {
      expect(table.stopped()).toEqual([]);
    });

    it('delivers each accepted change to each entitled subscriber once, in order, recorded, and to nobody else', async () => {
      const found = await world.faults();
      table.write(found);
      expect(found).toEqual([]);
      expect(await parked(world)).toEqual([]);
    }, 300_000);

    it('reports the outages as warnings', () => {
      expect(world.errors()).toEqual([]);
    });
  },
);
