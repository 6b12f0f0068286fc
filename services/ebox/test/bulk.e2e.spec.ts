import type { NewMessage } from '@crossroads/contracts/ebox/v1/message';
import type { PublishMessagesRequest } from '@crossroads/contracts/ebox/v1/publication_service';
import { eventually, refusalOf } from '@crossroads/testing';
import { ALL_RIGHTS, type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BulkSender, storedOf } from './bulk.js';
import {
  giveConsent,
  newMessage,
  openMailboxes,
  outcomesOf,
  provider,
  type Provider,
  type PublicationClient,
  publications,
  requestsOf,
  withdrawConsent,
} from './publishing.js';
import { type Person, World } from './world.js';

const READERS = 100;

/** Each message of a bulk run has one outcome, and those that were published are there once. */
describe('a bulk run', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let readers: Person[];
  let sender: Provider;
  let client: PublicationClient;

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox');
    world = await World.create(mesh);
    running = await mesh.startProcess();
    readers = Array.from({ length: READERS }, () => world.person());
    await openMailboxes(
      world,
      readers.map(({ personId }) => personId),
    );
  });
  afterAll(() => mesh.stop());
  beforeEach(async () => {
    sender = await provider(world);
    client = publications(world, running, sender);
    await eventually(() => client.listMessageTypes({}).then(Boolean, () => false), Boolean);
  });

  const messages = (count: number): NewMessage[] =>
    Array.from({ length: count }, (_, n) => newMessage(sender, readers[n % READERS] ?? { ssin: '' }));

  it('gives an outcome for each, in order; one that is refused does not stop the others', async () => {
    const sent = messages(1_200);
    const refused = [3, 600, 1_199];
    for (const place of refused) sent[place] = newMessage(sender, world.person());
    sent[7] = { ...newMessage(sender, world.person()), messageType: '' };
    const outcomes = await outcomesOf(client, sent);
    expect(outcomes.filter((outcome) => outcome === 'NO_CONSENT')).toHaveLength(3);
    expect(refused.map((place) => outcomes[place])).toEqual(refused.map(() => 'NO_CONSENT'));
    expect(outcomes[7]).toBe('INVALID_INPUT');
    const { states } = await client.listMessageStates({
      sender: '',
      originalMessageIds: [sent[1_198]?.originalMessageId ?? ''],
    });
    expect(states).toMatchObject([{ messageId: outcomes[1_198] }]);
    expect(await storedOf(world, sender.enterpriseNumber)).toEqual({
      rows: 1_196,
      streams: 1_196,
      doubled: 0,
      without_row: 0,
    });
  });

  it('is resumed after the service was killed, and each message is there once', async () => {
    const sent = messages(3_000);
    const bulk = new BulkSender(() => client, sent);
    const run = bulk.run();
    for (const part of [500, 1_500]) {
      await eventually(
        () => bulk.outcomes.size,
        (count) => count >= part,
      );
      await running.stop('SIGKILL');
      await running.launch();
    }
    await run;
    expect(bulk.cuts).toBeGreaterThanOrEqual(2);
    expect(new Set(bulk.outcomes.values()).size).toBe(3_000);
    expect(await storedOf(world, sender.enterpriseNumber)).toEqual({
      rows: 3_000,
      streams: 3_000,
      doubled: 0,
      without_row: 0,
    });
    // What was answered before the kills is answered the same now.
    expect(await outcomesOf(client, sent.slice(0, 600))).toEqual(
      Array.from({ length: 600 }, (_, place) => bulk.outcomes.get(place)),
    );
  });

  it('ends when the key of its sender is withdrawn', async () => {
    const sent = messages(2);
    const isWithdrawn = Promise.withResolvers<void>();
    const requests = async function* (): AsyncGenerator<PublishMessagesRequest> {
      yield { message: sent[0] };
      await isWithdrawn.promise;
      yield { message: sent[1] };
    };
    const run = async () => {
      for await (const _ of client.publishMessages(requests())) {
        const { enterpriseNumber } = sender;
        const value = { ...ALL_RIGHTS, enterpriseNumber, name: 'desk', spkiHashes: [] };
        mesh.policy.put({ $case: 'application', value });
        await eventually(
          () => client.listMessageTypes({}).then(Boolean, () => false),
          (isServed) => !isServed,
        );
        isWithdrawn.resolve();
      }
    };
    expect(await refusalOf(run())).toMatchObject({ reason: 'KEY_NOT_REGISTERED' });
    expect(await storedOf(world, sender.enterpriseNumber)).toMatchObject({ rows: 1 });
  });

  it('goes on after the database has dropped all connections', async () => {
    const sent = messages(1_500);
    const bulk = new BulkSender(() => client, sent);
    const run = bulk.run();
    await eventually(
      () => bulk.outcomes.size,
      (count) => count >= 300,
    );
    await mesh.database.dropConnections();
    await run;
    expect(new Set(bulk.outcomes.values()).size).toBe(1_500);
    expect(await storedOf(world, sender.enterpriseNumber)).toEqual({
      rows: 1_500,
      streams: 1_500,
      doubled: 0,
      without_row: 0,
    });
  });

  it('that is sent to two processes at the same time is stored once, and both answer the same', async () => {
    const sent = messages(1_000);
    const other = publications(world, await mesh.startProcess(), sender);
    const [here, there] = [new BulkSender(() => client, sent), new BulkSender(() => other, sent.toReversed())];
    await Promise.all([here.run(), there.run()]);
    const answers = (bulk: BulkSender) => sent.map((_, place) => bulk.outcomes.get(place));
    expect(answers(here)).toEqual(answers(there).toReversed());
    expect(new Set(answers(here)).size).toBe(1_000);
    expect(await storedOf(world, sender.enterpriseNumber)).toEqual({
      rows: 1_000,
      streams: 1_000,
      doubled: 0,
      without_row: 0,
    });
  });

  it('whose sender breaks off leaves whole messages only, and goes on where it was', async () => {
    const sent = messages(2_000);
    let taken = 0;
    for await (const _ of client.publishMessages(requestsOf(sent))) if (++taken === 700) break;
    const resumed = new BulkSender(() => client, sent);
    await resumed.run();
    expect(new Set(resumed.outcomes.values()).size).toBe(2_000);
    expect(await storedOf(world, sender.enterpriseNumber)).toEqual({
      rows: 2_000,
      streams: 2_000,
      doubled: 0,
      without_row: 0,
    });
  });

  it('refuses messages to somebody from the moment on when consent was withdrawn', async () => {
    const person = world.person();
    await giveConsent(world, running, person);
    const outcomes: string[] = [];
    let withdrawn = false;
    async function* endless() {
      // The stream ends only when the sender has seen a refusal.
      while (!outcomes.includes('NO_CONSENT')) {
        const before = outcomes.length;
        yield newMessage(sender, person);
        await eventually(
          () => outcomes.length,
          (count) => count > before,
        );
        if (outcomes.length === 5) {
          await withdrawConsent(world, running, person);
          withdrawn = true;
        }
      }
    }
    for await (const { outcome } of client.publishMessages(requestsOf(endless())))
      outcomes.push(outcome?.$case === 'refused' ? outcome.value.reason : (outcome?.$case ?? ''));
    expect(withdrawn).toBe(true);
    expect(outcomes).toEqual([...Array.from({ length: 5 }, () => 'published'), 'NO_CONSENT']);
  });

  it('is read no further than it is answered: a sender that takes no outcomes cannot send on', async () => {
    let sent = 0;
    async function* endless() {
      for (;;) {
        sent++;
        yield newMessage(sender, readers[sent % READERS] ?? { ssin: '' });
      }
    }
    const answers = client.publishMessages(requestsOf(endless()))[Symbol.asyncIterator]();
    await answers.next();
    let [before, quiet] = [0, 0];
    await eventually(
      () => {
        quiet = sent === before ? quiet + 1 : 0;
        before = sent;
        return quiet;
      },
      (rounds) => rounds >= 200,
    );
    expect(sent).toBeLessThan(20_000);
    for (let n = 0; n < 3_000; n++) await answers.next();
    expect(sent).toBeGreaterThan(3_000);
    await answers.return?.(undefined);
  });
});
