import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeliveryContent, DeliveryEncoding } from '@crossroads/contracts/subscription/v1/subscription_service';
import { newRequestId } from '@crossroads/grpc';
import { numberOf } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { move } from '../load.js';
import { onKafka } from '../on-kafka.js';
import { generatedPeople, generatedSsins } from '../people.js';
import { readTopic, type TopicReader } from '../topic-reader.js';
import { progress, ROOT, WholeMesh } from '../whole-mesh.js';
import {
  type ConsumerLine,
  type ExampleConsumer,
  findJavaConsumer,
  findPythonConsumer,
  RunningConsumer,
} from './example-consumers.js';

const PEOPLE = 3;
const FUND = numberOf('health-fund');

progress('building the consumers in Java and Python');
const consumers: Readonly<Record<string, ExampleConsumer>> = {
  python: await findPythonConsumer(),
  java: await findJavaConsumer(),
};

let mesh: WholeMesh;
let reader: TopicReader;
let folder: string;
/** One in protobuf, one in JSON. */
let subscriptionIds: string[];
const running: RunningConsumer[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'consumers-'));
  mesh = await WholeMesh.start();
  await mesh.load(() => generatedPeople(PEOPLE));
  await mesh.decide('health-fund');
  await mesh.inscribe('health-fund', generatedSsins(PEOPLE));
  const [first, second] = [await mesh.subscribe('health-fund'), await mesh.subscribe('health-fund')];
  subscriptionIds = [first.subscriptionId, second.subscriptionId];
  await mesh.as('health-fund').subscriptions.changeSubscription({
    requestId: newRequestId(),
    subscriptionId: second.subscriptionId,
    content: DeliveryContent.DELIVERY_CONTENT_DATA,
    fieldGroups: [],
    encoding: DeliveryEncoding.DELIVERY_ENCODING_JSON,
  });
  reader = await readTopic(mesh, 'health-fund');
  await moveEverybody('7');
  await sent(2 * PEOPLE);
});

afterEach(async () => {
  for (const consumer of running.splice(0)) await consumer.stop();
});

afterAll(async () => {
  await reader?.close();
  await mesh?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const moveEverybody = async (houseNumber: string) => {
  for (const ssin of generatedSsins(PEOPLE)) await move(mesh.as('municipality'), ssin, houseNumber);
};

const sent = (count: number) =>
  eventually(
    () => reader.deliveries.length,
    (length) => length >= count,
  );

const startConsumer = (consumer: ExampleConsumer, group: string, store: string): RunningConsumer => {
  if ('why' in consumer) throw new Error(consumer.why);
  const { broker, services } = mesh.local.mesh();
  const { ca, cert, key } = mesh.network.connection('health-fund').tls;
  const started = new RunningConsumer(consumer, {
    brokers: broker.kind === 'kafka' ? broker.institutionBrokers.join(',') : '',
    'subscription-service': services['subscription']?.institutionsAddress ?? '',
    institution: FUND,
    group,
    ca,
    certificate: cert,
    key,
    contracts: join(ROOT, 'libs', 'contracts', 'descriptors.binpb'),
    store: join(folder, store),
  });
  running.push(started);
  return started;
};

const until = (consumer: RunningConsumer, good: (lines: readonly ConsumerLine[]) => boolean) =>
  eventually(
    () => {
      consumer.requireAlive();
      return consumer.lines;
    },
    (lines) => good(lines),
  );

/** What any consumer must have seen of the topic: place, kind and ticket of each delivery. */
const onTopic = () =>
  reader.deliveries
    .map(({ delivery: { subscriptionId, lane, sequence, content } }) => ({
      subscriptionId,
      lane,
      sequence: Number(sequence),
      kind: content?.$case === 'replayEnd' ? 'replay_end' : (content?.$case ?? 'erased'),
      ticket: content?.$case === 'mutation' ? content.value.ticket : '',
    }))
    .toSorted(byPlace);

const byPlace = (one: ConsumerLine, other: ConsumerLine) => placeOf(one).localeCompare(placeOf(other));
const placeOf = ({ subscriptionId, sequence }: ConsumerLine) =>
  `${subscriptionId} ${String(sequence).padStart(9, '0')}`;

describe.each(Object.entries(consumers))('the consumer in %s', (language, consumer) => {
  if ('why' in consumer) progress(`SKIPPED, no consumer in ${language}: ${consumer.why}`);
  const where = 'why' in consumer ? it.skip : onKafka;

  where('reads each delivery once, in protobuf and in JSON, also when it reads the topic again', async () => {
    const expected = onTopic();
    const first = startConsumer(consumer, `${language}-1`, `${language}.sqlite`);
    await until(first, ({ length }) => length >= expected.length);
    await first.stop();
    expect([...first.lines].toSorted(byPlace)).toEqual(expected);
    // Another group begins again; the store knows what was handled.
    const again = startConsumer(consumer, `${language}-2`, `${language}.sqlite`);
    await moveEverybody(`${language} again`);
    await sent(expected.length + 2 * PEOPLE);
    await until(again, ({ length }) => length >= 2 * PEOPLE);
    await again.stop();
    expect([...first.lines, ...again.lines].toSorted(byPlace)).toEqual(onTopic());
  });

  where('whose store has lost everything asks for a replay, and has it again', async () => {
    const group = `${language}-lost`;
    const before = startConsumer(consumer, group, `${language}-before.sqlite`);
    await until(before, ({ length }) => length >= reader.deliveries.length);
    await before.stop();
    // The group goes on behind what the new store has never seen.
    const after = startConsumer(consumer, group, `${language}-after.sqlite`);
    await moveEverybody(`${language} lost`);
    const isEnd = ({ kind }: ConsumerLine) => kind === 'replay_end';
    await until(after, (lines) =>
      subscriptionIds.every((id) => lines.some((one) => isEnd(one) && one['subscriptionId'] === id)),
    );
    const gaps = after.lines.filter((line) => 'gapFrom' in line);
    expect(gaps).toHaveLength(subscriptionIds.length);
    expect(gaps).toEqual(
      expect.arrayContaining(
        subscriptionIds.map((subscriptionId) => ({
          subscriptionId,
          lane: 0,
          gapFrom: 1,
          replay: expect.stringMatching(/^[0-9a-f-]{36}$/),
        })),
      ),
    );
  });
});
