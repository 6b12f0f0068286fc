import { randomUUID } from 'node:crypto';
import { embeddedLogMigrations, openEmbeddedBroker } from '@crossroads/messaging';
import {
  brokerContract,
  numberOf,
  onPartitions,
  sampleEvent,
  SpawnedConsumer,
} from '@crossroads/messaging/broker.contract';
import { eventually, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase(...embeddedLogMigrations);
});

afterAll(async () => {
  await database.drop();
  await (await testPostgres()).stop();
});

const settings = () => ({ clientId: 'contract', embeddedLogUrl: database.url });

brokerContract('the embedded log', async () => settings());

describe('a consumer of the embedded log that was frozen for longer than its lease', () => {
  const open: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  it('has lost its partitions, and commits nothing of what it had handled', async () => {
    const broker = await openEmbeddedBroker({ url: database.url });
    const admin = new pg.Client({ connectionString: database.migratorUrl });
    await admin.connect();
    open.push(
      () => admin.end(),
      () => broker.close(),
    );
    const [topic, group] = [`crossroads.frozen.${randomUUID()}`, randomUUID()];
    await broker.ensureTopic({ name: topic, partitions: 2, retentionDays: 1 });
    await broker.publish(topic, onPartitions(20, 2));
    const frozen = new SpawnedConsumer({ settings: settings(), topic, group, hangsFrom: 0, freezes: true });
    open.push(() => frozen.kill());
    await frozen.saysThat('hangs');

    const got = new Set<number>();
    const other = await broker.consume({
      topic,
      group,
      onBatch: async (events) => {
        for (const event of events) got.add(numberOf(event));
      },
    });
    const offsets = async () =>
      (
        await admin.query<{ position: string }>(
          'select position from bus.offsets where consumer_group = $1 order by partition',
          [group],
        )
      ).rows.map(({ position }) => Number(position));
    await eventually(() => got.size === 20, Boolean);
    await eventually(offsets, (committed) => committed.every((position) => position === 10));

    frozen.resume();
    await frozen.saysThat('closed');
    expect(await offsets()).toEqual([10, 10]);
    await broker.publish(topic, [sampleEvent(20, { partition: 0 }), sampleEvent(21, { partition: 1 })]);
    await eventually(() => got.size === 22, Boolean);
    await other.close();
    expect(await offsets()).toEqual([11, 11]);
  });
});
