import { randomInt, randomUUID } from 'node:crypto';
import { ProviderEvent, ProviderEventKind } from '@crossroads/contracts/ebox/v1/events';
import type { TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import type { Broker, CloudEvent } from '@crossroads/messaging';
import { eventually } from '@crossroads/testing';
import { itOnKafka } from '@crossroads/testing/on-kafka';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { EBOX_EVENTS, topicOfInstitution } from '@crossroads/topology';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ProviderEventList } from '../src/provider-event/provider-event-list.js';
import { StoredMessages } from './stored-messages.js';

const { PROVIDER_EVENT_KIND_NEW_DOCUMENT: NEW_DOCUMENT, PROVIDER_EVENT_KIND_READ_DOCUMENT: READ_DOCUMENT } =
  ProviderEventKind;

const onKafka = await itOnKafka();

describe('provider events', () => {
  /** New numbers at each run: a Kafka that is shared still has the topics of those before. */
  const run = randomInt(1_000, 10_000);
  let institutions = 0;
  let mesh: TestMesh;
  let messages: StoredMessages;
  let list: ProviderEventList;
  let process: ServiceProcess;
  let certificate: TlsFiles;
  let [provider, other] = ['', ''];

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox', { bus: 'kafka' });
    process = await mesh.startProcess();
    messages = await StoredMessages.in(mesh.database);
    list = new ProviderEventList(messages.db);
  });
  afterAll(async () => {
    await messages.close();
    await mesh.stop();
  });

  beforeEach(async () => {
    [provider, other] = [newNumber(), newNumber()];
    certificate = await mesh.register(provider);
  });

  const newNumber = () => withCbeCheck(`02${run}${String(++institutions).padStart(2, '0')}`);

  /** Reads by number as a client does that stores the last number: at most `pages` pages, then it stops. */
  const readFrom = async (after: bigint, { pages, pageSize }: { pages: number; pageSize: number }) => {
    const read: ProviderEvent[] = [];
    for (let page = 0; page < pages; page++) {
      const { events, hasNext } = await list.page(provider, read.at(-1)?.eventSequenceNbr ?? after, pageSize);
      read.push(...events);
      if (!hasNext) break;
    }
    return read;
  };

  const readAll = async (count: number): Promise<ProviderEvent[]> => {
    await eventually(
      async () => (await list.page(provider, 0n, 1)).lastSequenceNbr,
      (last) => last >= BigInt(count),
    );
    return readFrom(0n, { pages: 1_000, pageSize: 1_000 });
  };

  const numbers = (count: number) => Array.from({ length: count }, (_, index) => BigInt(index + 1));

  /** Everything on a provider's topic, as an application of an institution reads it. */
  const consume = async (from: string, tls: TlsFiles, reader: string): Promise<CloudEvent[]> => {
    const broker: Broker = await mesh.bus.open(tls, `${reader}.${randomUUID()}`);
    mesh.defer(() => broker.close());
    const consumed: CloudEvent[] = [];
    await broker.consume({
      topic: topicOfInstitution(EBOX_EVENTS, from),
      group: `${reader}.${randomUUID()}`,
      onBatch: async (events) => void consumed.push(...events),
    });
    return consumed;
  };

  /** The events of a topic without repetitions. */
  const decoded = (consumed: readonly CloudEvent[]): ProviderEvent[] => {
    const all = consumed.map(({ data }) => ProviderEvent.decode(data));
    return all.filter(
      (event, index) => all.findIndex((one) => one.eventSequenceNbr === event.eventSequenceNbr) === index,
    );
  };

  it('say what happened to the messages of a provider, under dense numbers, each once', async () => {
    const first = await messages.publish({ provider });
    await messages.mark(first, true);
    await messages.mark(first, false);
    await messages.mark(first, true);
    const second = await messages.publish({ provider });
    expect(await readAll(3)).toMatchObject([
      { eventSequenceNbr: 1n, kind: NEW_DOCUMENT, messageId: first.messageId, sender: provider },
      { eventSequenceNbr: 2n, kind: READ_DOCUMENT, originalMessageId: first.originalMessageId },
      { eventSequenceNbr: 3n, kind: NEW_DOCUMENT, messageId: second.messageId },
    ]);
  });

  it('are about the own messages of a provider only, and not about those of the mesh', async () => {
    await messages.publish({ provider: 'service:ebox' });
    await messages.publish({ provider: other });
    await messages.publish({ provider });
    expect(await readAll(1)).toHaveLength(1);
    expect(await list.page('service:ebox', 0n, 10)).toEqual({ events: [], lastSequenceNbr: 0n, hasNext: false });
    const { events } = await list.page(other, 0n, 10);
    expect(events.map(({ sender }) => sender)).toEqual([other]);
  });

  it('are seen once each by a client that stops anywhere and resumes', async () => {
    const owner = randomUUID();
    const seen: ProviderEvent[] = [];
    for (let round = 0; round < 6; round++) {
      for (let one = 0; one < 5; one++) await messages.publish({ provider, ownerId: owner });
      seen.push(...(await readFrom(seen.at(-1)?.eventSequenceNbr ?? 0n, { pages: round % 3, pageSize: 4 })));
    }
    await readAll(30);
    seen.push(...(await readFrom(seen.at(-1)?.eventSequenceNbr ?? 0n, { pages: 100, pageSize: 4 })));
    expect(seen.map(({ eventSequenceNbr }) => eventSequenceNbr)).toEqual(numbers(30));
    expect(new Set(seen.map(({ messageId }) => messageId)).size).toBe(30);
    expect(await list.page(provider, 30n, 4)).toEqual({ events: [], lastSequenceNbr: 30n, hasNext: false });
    expect(await list.page(provider, 29n, 1)).toMatchObject({ hasNext: false });
    expect(await list.page(provider, 28n, 1)).toMatchObject({ hasNext: true });
  });

  it("are on the provider's topic as they are in the list, in their order", async () => {
    const message = await messages.publish({ provider });
    await messages.mark(message, true);
    const listed = await readAll(2);
    await topicIs(2);
    const consumed = await consume(provider, certificate, provider);
    await eventually(
      () => consumed.length,
      (count) => count >= 2,
    );
    expect(decoded(consumed)).toEqual(listed);
    expect(consumed[0]).toMatchObject({
      type: 'crossroads.ebox.v1.messages.notify.newdocument',
      service: 'crossroads.ebox.v1',
      sequence: '00000000000000000001',
    });
    expect(consumed[1]?.type).toBe('crossroads.ebox.v1.messages.notify.readdocument');
  });

  it('have a key by which no two providers can find out that they write to the same mailbox', async () => {
    const otherCertificate = await mesh.register(other);
    const ownerId = randomUUID();
    for (const one of [provider, provider, other]) await messages.publish({ provider: one, ownerId });
    await topicIs(2);
    await topicIs(1, other);
    const mine = await consume(provider, certificate, provider);
    const theirs = await consume(other, otherCertificate, other);
    await eventually(
      () => Math.min(mine.length, theirs.length + 1),
      (count) => count >= 2,
    );
    expect(mine[0]?.key).toHaveLength(22);
    expect(mine[1]?.key).toBe(mine[0]?.key);
    expect(theirs[0]?.key).not.toBe(mine[0]?.key);
    expect(JSON.stringify([mine, theirs].flat().map(({ data: _, ...outside }) => outside))).not.toContain(ownerId);
  });

  it('have the same numbers and reach the topic all when the process is killed again and again', async () => {
    const owner = randomUUID();
    for (let round = 0; round < 3; round++) {
      const stored = await Promise.all(numbers(40).map(() => messages.publish({ provider, ownerId: owner })));
      await Promise.all(stored.map((one) => messages.mark(one, true)));
      await process.stop('SIGKILL');
      await process.launch();
    }
    const listed = await readAll(240);
    expect(listed.map(({ eventSequenceNbr }) => eventSequenceNbr)).toEqual(numbers(240));
    expect(new Set(listed.map(({ messageId, kind }) => `${messageId} ${kind}`)).size).toBe(240);
    await topicIs(240);
    const consumed = await consume(provider, certificate, provider);
    await eventually(
      () => decoded(consumed).length,
      (count) => count >= 240,
    );
    expect(decoded(consumed)).toEqual(listed);
  });

  it('of one provider wait for nobody else when the topic of another one is broken', async () => {
    // No broker accepts such a name.
    await messages.publish({ provider: `${other}/broken` });
    await messages.publish({ provider });
    await topicIs(1);
  });

  onKafka('cannot be read on the topic by an application of another institution', async () => {
    const stranger = await mesh.register(other);
    await messages.publish({ provider });
    await topicIs(1);
    await expect(consume(provider, stranger, other)).rejects.toThrow();
  });

  it('can be read on the topic by an application that the provider registers later', async () => {
    await messages.publish({ provider });
    await topicIs(1);
    const later = await mesh.applicationCertificate(provider, { application: 'later' });
    mesh.policy.put({
      $case: 'application',
      value: { enterpriseNumber: provider, name: 'later', spkiHashes: ['new'] },
    });
    const consumed = await eventually(
      () => consume(provider, later, provider).catch(() => undefined),
      (one) => one !== undefined,
    );
    await eventually(
      () => consumed?.length,
      (count) => count === 1,
    );
  });

  /** Resolves once the broker has acknowledged so many events. */
  const topicIs = async (count: number, of = provider): Promise<void> => {
    await eventually(
      async () =>
        (
          await messages.db.query<{ readonly relayed: bigint }>(
            'select relayed_sequence as relayed from provider_sequences where provider = $1',
            [of],
          )
        )[0]?.relayed ?? 0n,
      (relayed) => relayed >= BigInt(count),
    );
  };
});
