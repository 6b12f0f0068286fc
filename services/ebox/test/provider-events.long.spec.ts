import { randomInt, randomUUID } from 'node:crypto';
import { ProviderEvent, ProviderEventKind } from '@crossroads/contracts/ebox/v1/events';
import { MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import { newRequestId } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { type CloudEvent, kafkaClient } from '@crossroads/messaging';
import { eventually } from '@crossroads/testing';
import { itOnKafka } from '@crossroads/testing/on-kafka';
import { ALL_RIGHTS, type ServiceProcess, spkiHash, TestMesh } from '@crossroads/testing/mesh';
import { EBOX_EVENTS, topicOfInstitution } from '@crossroads/topology';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { asProvider, newMessage, openMailboxes, type Provider, publications } from './publishing.js';
import { StoredMessages } from './stored-messages.js';
import { type Person, PORTAL, World } from './world.js';

const { PROVIDER_EVENT_KIND_NEW_DOCUMENT: NEW_DOCUMENT, PROVIDER_EVENT_KIND_READ_DOCUMENT: READ_DOCUMENT } =
  ProviderEventKind;
/** New numbers at each run: a Kafka that is shared still has the topics of those before. */
const RUN = randomInt(1_000, 10_000);

const onKafka = await itOnKafka();

describe('provider events', () => {
  let mesh: TestMesh;
  let world: World;
  let process: ServiceProcess;
  let reader: Person;
  let [mine, theirs]: [Provider?, Provider?] = [];
  let providers = 0;

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox', { bus: 'kafka' });
    world = await World.create(mesh);
    process = await mesh.startProcess();
    reader = world.person();
    await openMailboxes(world, [reader.personId]);
  });
  afterAll(() => mesh.stop());

  beforeEach(async () => {
    [mine, theirs] = [await newProvider(), await newProvider()];
  });

  const newProvider = async (): Promise<Provider> => {
    const enterpriseNumber = withCbeCheck(`02${RUN}${String(30 + ++providers)}`);
    const provider = { enterpriseNumber, tls: await mesh.register(enterpriseNumber) };
    asProvider(world, provider);
    return provider;
  };

  const me = (): Provider => given(mine);
  const them = (): Provider => given(theirs);

  /** @returns the id of the message, and the sender's own one */
  const publish = async (provider: Provider) => {
    const message = newMessage(provider, reader);
    const { messageId } = await publications(world, process, provider).publishMessage({ message });
    return { messageId, originalMessageId: message.originalMessageId };
  };

  const mark = async (messageId: string, read: boolean): Promise<void> => {
    const client = world.client(MessageServiceService, process, PORTAL);
    const request = { requestId: newRequestId(), mailbox: undefined, messageId, read };
    await client.markMessage(request, { ...(await world.signedIn(reader)), deadlineMs: 60_000 });
  };

  const page = (provider: Provider, afterEventSequenceNbr: bigint, pageSize: number) =>
    publications(world, process, provider).listProviderEvents({ afterEventSequenceNbr, pageSize });

  /** Reads by number as a client does that stores the last number: at most so many pages, then it stops. */
  const readFrom = async (after: bigint, { pages, pageSize }: { pages: number; pageSize: number }) => {
    const read: ProviderEvent[] = [];
    for (let number = 0; number < pages; number++) {
      const { events, hasNext } = await page(me(), read.at(-1)?.eventSequenceNbr ?? after, pageSize);
      read.push(...events);
      if (!hasNext) break;
    }
    return read;
  };

  const readAll = async (count: number): Promise<ProviderEvent[]> => {
    await eventually(
      async () => (await page(me(), 0n, 1)).lastSequenceNbr,
      (last) => last >= BigInt(count),
    );
    return readFrom(0n, { pages: 1_000, pageSize: 1_000 });
  };

  /** What is on a provider's topic for an application of an institution. */
  const topicOf = async ({ enterpriseNumber }: Provider, by: Provider, tls = by.tls): Promise<CloudEvent[]> => {
    const client = `${by.enterpriseNumber}.${randomUUID()}`;
    const broker = await mesh.bus.open(tls, client);
    mesh.defer(() => broker.close());
    const consumed: CloudEvent[] = [];
    await broker.consume({
      topic: topicOfInstitution(EBOX_EVENTS, enterpriseNumber),
      group: client,
      onBatch: async (events) => void consumed.push(...events),
    });
    return consumed;
  };

  /** Whether Kafka admits that a provider's topic exists. */
  const canSee = async ({ enterpriseNumber }: Provider, { tls }: Provider): Promise<boolean> => {
    const brokers = mesh.bus.brokersFor(tls);
    const topic = topicOfInstitution(EBOX_EVENTS, enterpriseNumber);
    const admin = kafkaClient({ brokers, clientId: 'spec', tls }, () => undefined).admin({ retry: { retries: 0 } });
    await admin.connect();
    try {
      return (await admin.fetchTopicMetadata({ topics: [topic] })).topics.length === 1;
    } catch {
      return false;
    } finally {
      await admin.disconnect();
    }
  };

  /** Waits until the topic has been created, with its readers. */
  const whenReadable = (of: Provider, by: Provider, tls = by.tls): Promise<CloudEvent[]> =>
    eventually(
      () => topicOf(of, by, tls).catch(() => undefined),
      (consumed) => consumed !== undefined,
    ).then(given);

  const whenConsumed = async (consumed: readonly CloudEvent[], count: number): Promise<ProviderEvent[]> =>
    eventually(
      () => decoded(consumed),
      ({ length }) => length >= count,
    );

  it('say what happened to the messages of a provider, under dense numbers, each once', async () => {
    const first = await publish(me());
    for (const read of [true, false, true]) await mark(first.messageId, read);
    const second = await publish(me());
    expect(await readAll(3)).toMatchObject([
      { eventSequenceNbr: 1n, kind: NEW_DOCUMENT, sender: me().enterpriseNumber, ...first },
      { eventSequenceNbr: 2n, kind: READ_DOCUMENT, ...first },
      { eventSequenceNbr: 3n, kind: NEW_DOCUMENT, ...second },
    ]);
  });

  it('are about the own messages of a provider only, and not about those of the mesh', async () => {
    const stored = await StoredMessages.in(mesh.database);
    await stored.publish({ provider: 'service:ebox' });
    await publish(them());
    await publish(me());
    expect(await readAll(1)).toHaveLength(1);
    expect((await page(them(), 0n, 10)).events.map(({ sender }) => sender)).toEqual([them().enterpriseNumber]);
    expect(await page(await newProvider(), 0n, 10)).toEqual({ events: [], lastSequenceNbr: 0n, hasNext: false });
    expect(await stored.db.query(`select from provider_sequences where provider = 'service:ebox'`)).toEqual([]);
    await stored.close();
  });

  it('are seen once each by a client that stops anywhere and resumes', async () => {
    const seen: ProviderEvent[] = [];
    for (let round = 0; round < 6; round++) {
      for (let one = 0; one < 5; one++) await publish(me());
      seen.push(...(await readFrom(seen.at(-1)?.eventSequenceNbr ?? 0n, { pages: round % 3, pageSize: 4 })));
    }
    await readAll(30);
    seen.push(...(await readFrom(seen.at(-1)?.eventSequenceNbr ?? 0n, { pages: 100, pageSize: 4 })));
    expect(seen.map(({ eventSequenceNbr }) => eventSequenceNbr)).toEqual(numbers(30));
    expect(new Set(seen.map(({ messageId }) => messageId)).size).toBe(30);
    expect(await page(me(), 30n, 4)).toEqual({ events: [], lastSequenceNbr: 30n, hasNext: false });
    expect(await page(me(), 29n, 1)).toMatchObject({ hasNext: false });
    expect(await page(me(), 28n, 1)).toMatchObject({ hasNext: true });
  });

  it("are on the provider's topic as they are in the list, and name the mailbox by a pseudonym of its own", async () => {
    const { messageId } = await publish(me());
    await mark(messageId, true);
    await publish(them());
    const listed = await readAll(2);
    const consumed = await whenReadable(me(), me());
    expect(await whenConsumed(consumed, 2)).toEqual(listed);
    const service = 'crossroads.ebox.v1';
    expect(consumed).toMatchObject([
      { service, type: `${service}.messages.notify.newdocument`, sequence: '00000000000000000001' },
      { service, type: `${service}.messages.notify.readdocument`, sequence: '00000000000000000002' },
    ]);
    const others = await whenReadable(them(), them());
    await whenConsumed(others, 1);
    expect(consumed[0]?.key).toHaveLength(22);
    expect(consumed[1]?.key).toBe(consumed[0]?.key);
    expect(others[0]?.key).not.toBe(consumed[0]?.key);
    for (const { data, ...outside } of [...consumed, ...others])
      for (const secret of [reader.ssin, reader.personId]) {
        expect(JSON.stringify(outside)).not.toContain(secret);
        expect(Buffer.from(data).includes(secret)).toBe(false);
      }
  });

  it('have the same numbers and reach the topic all when the process is killed again and again', async () => {
    for (let round = 0; round < 3; round++) {
      const published = await Promise.all(numbers(20).map(() => publish(me())));
      await Promise.all(published.map(({ messageId }) => mark(messageId, true)));
      await process.stop('SIGKILL');
      await process.launch();
    }
    const listed = await readAll(120);
    expect(listed.map(({ eventSequenceNbr }) => eventSequenceNbr)).toEqual(numbers(120));
    expect(new Set(listed.map(({ messageId, kind }) => `${messageId} ${kind}`)).size).toBe(120);
    expect(await whenConsumed(await whenReadable(me(), me()), 120)).toEqual(listed);
  });

  it('of one provider do not wait when the topic of another one is broken', async () => {
    const stored = await StoredMessages.in(mesh.database);
    // No broker accepts such a name.
    await stored.publish({ provider: `${them().enterpriseNumber}/broken` });
    await publish(me());
    await whenConsumed(await whenReadable(me(), me()), 1);
    await stored.close();
  });

  onKafka('cannot be read on the topic by an application of another institution', async () => {
    await publish(me());
    await whenReadable(me(), me());
    expect(await canSee(me(), me())).toBe(true);
    expect(await canSee(me(), them())).toBe(false);
  });

  it('can be read on the topic by an application that the provider registers later', async () => {
    await publish(me());
    await whenReadable(me(), me());
    const { enterpriseNumber } = me();
    const later = await mesh.applicationCertificate(enterpriseNumber, { application: 'later' });
    mesh.policy.put({
      $case: 'application',
      value: { ...ALL_RIGHTS, enterpriseNumber, name: 'later', spkiHashes: [spkiHash(later)] },
    });
    await whenConsumed(await whenReadable(me(), me(), later), 1);
  });
});

const numbers = (count: number): bigint[] => Array.from({ length: count }, (_, index) => BigInt(index + 1));

/** The events of messages, without repetitions. */
const decoded = (consumed: readonly CloudEvent[]): ProviderEvent[] => [
  ...new Map(
    consumed.map(({ data }) => ProviderEvent.decode(data)).map((event) => [event.eventSequenceNbr, event]),
  ).values(),
];

const given = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('there is none');
  return value;
};
