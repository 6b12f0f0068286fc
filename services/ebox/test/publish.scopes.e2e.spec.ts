import { PublicationServiceService } from '@crossroads/contracts/ebox/v1/publication_service';
import type { TlsFiles } from '@crossroads/grpc';
import { addDays, dayOf, enterpriseIdOf } from '@crossroads/identifiers';
import { eventually, refusalOf } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  asProvider,
  newMessage,
  openMailboxes,
  outcomesOf,
  provider,
  type Provider,
  publications,
  requestsOf,
  withAnyBytes,
} from './publishing.js';
import { BAKERY, type Person, World } from './world.js';

/** Who may publish; each refusal with its reason, and nothing more. */
describe('publishing, by caller', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let fund: Provider;
  let reader: Person;

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox');
    world = await World.create(mesh);
    fund = await provider(world);
    reader = world.person();
    running = await mesh.startProcess();
    await openMailboxes(world, [reader.personId, enterpriseIdOf(BAKERY)]);
  });
  afterAll(() => mesh.stop());

  /** How often each outcome came, over all rpcs, with requests good and bad: OK, or the reason of the refusal. */
  const outcomes = async (tls: TlsFiles, sender: Provider): Promise<string[]> => {
    const client = publications(world, running, { ...sender, tls });
    async function* upload() {
      yield { part: undefined };
    }
    const calls: readonly Promise<unknown>[] = [
      client.publishMessage({ message: newMessage(sender, reader) }),
      client.publishMessage({ message: newMessage(sender, BAKERY) }),
      client.publishMessage({ message: newMessage(sender, world.person()) }),
      client.publishMessage({ message: undefined }),
      outcomesOf(client, [newMessage(sender, reader)]),
      outcomesOf(client, []),
      client.uploadDocument(upload()),
      client.listMessageStates({ sender: sender.enterpriseNumber, originalMessageIds: ['x'] }),
      client.listProviderEvents({ afterEventSequenceNbr: -1n, pageSize: 0 }),
      client.listMessageTypes({}),
      withAnyBytes(mesh, running, tls).publishMessage(Buffer.from([255, 255, 255])),
    ];
    const answers = calls.map((call) =>
      call.then(
        () => 'OK',
        ({ reason = 'NO_REASON' }: { reason?: string }) => reason,
      ),
    );
    return [...new Set(await Promise.all(answers))];
  };

  it('an institution that is no document provider learns nothing, whatever it asks about whomever', async () => {
    const stranger = await provider(world, { registered: false });
    expect(await outcomes(stranger.tls, fund)).toEqual(['NOT_A_DOCUMENT_PROVIDER']);
    expect(await outcomes(stranger.tls, stranger)).toEqual(['NOT_A_DOCUMENT_PROVIDER']);
  });

  it('a portal is told the names of message types, and nothing else', async () => {
    const portal = await provider(world, { registered: false });
    const tls = await mesh.register(portal.enterpriseNumber, {}, ['portal:https://sign-in.test']);
    const client = publications(world, running, { ...portal, tls });
    expect((await client.listMessageTypes({})).messageTypes.length).toBeGreaterThan(0);
    expect(await outcomes(tls, fund)).toEqual(expect.arrayContaining(['OK', 'RIGHT_MISSING']));
    expect(await outcomes(tls, fund)).toHaveLength(2);
  });

  it('nor does a document provider whose activity has ended, or begins tomorrow', async () => {
    const day = (days: number) => {
      const [year = 0, month = 0, date = 0] = addDays(dayOf(new Date()), days).split('-').map(Number);
      return { year, month, day: date };
    };
    const ended = await provider(world, { activity: { startDate: undefined, endDate: day(-1) } });
    const later = await provider(world, { activity: { startDate: day(1), endDate: undefined } });
    const active = await provider(world, { activity: { startDate: day(0), endDate: day(0) } });
    expect(await outcomes(ended.tls, ended)).toEqual(['NOT_A_DOCUMENT_PROVIDER']);
    expect(await outcomes(later.tls, later)).toEqual(['NOT_A_DOCUMENT_PROVIDER']);
    expect(await publications(world, running, active).listMessageTypes({})).toMatchObject({});
  });

  it('a key that is not registered, and a service of the mesh, are refused first', async () => {
    expect(await outcomes(await mesh.applicationCertificate(fund.enterpriseNumber), fund)).toEqual([
      'KEY_NOT_REGISTERED',
    ]);
    expect(await outcomes(await mesh.serviceCertificate('exchange'), fund)).toEqual(['CALLER_NOT_ALLOWED']);
  });

  it('a provider that is neither the sender nor represents it is refused, and learns nothing of the recipient', async () => {
    const office = await provider(world);
    const client = publications(world, running, office);
    for (const recipient of [reader, world.person(), { ssin: '62691699717' }, BAKERY])
      expect(await refusalOf(client.publishMessage({ message: newMessage(fund, recipient) }))).toMatchObject({
        reason: 'NOT_THE_SENDER',
      });
    expect(await outcomesOf(client, [newMessage(fund, reader), newMessage(office, reader)])).toEqual([
      'NOT_THE_SENDER',
      expect.stringMatching(/^[0-9a-f-]{36}$/),
    ]);
    const asked = { sender: fund.enterpriseNumber, originalMessageIds: ['x'] };
    expect(await refusalOf(client.listMessageStates(asked))).toMatchObject({ reason: 'NOT_THE_SENDER' });
  });

  it('who is registered to represent the sender publishes for it, and sees its own messages only', async () => {
    const printer = await provider(world, { institution: { represents: [fund.enterpriseNumber] } });
    const client = publications(world, running, printer);
    const [theirs, own] = [newMessage(fund, reader), newMessage(fund, reader)];
    await client.publishMessage({ message: theirs });
    await publications(world, running, fund).publishMessage({ message: own });
    const originalMessageIds = [theirs.originalMessageId, own.originalMessageId];
    expect(await client.listMessageStates({ sender: fund.enterpriseNumber, originalMessageIds })).toMatchObject({
      states: [{ originalMessageId: theirs.originalMessageId }],
    });
    expect((await client.listMessageStates({ sender: '', originalMessageIds })).states).toEqual([]);
  });

  it('a provider whose registration ends in the middle of a stream publishes no more', async () => {
    const office = await provider(world);
    const client = mesh.connect(PublicationServiceService, running.port, office.tls);
    const published = Promise.withResolvers<void>();
    const reasonOf = () =>
      client.listMessageTypes({}).then(
        () => 'OK',
        (error: { reason?: string }) => error.reason,
      );
    async function* messages() {
      yield newMessage(office, reader);
      await published.promise;
      asProvider(world, office, { activity: { startDate: undefined, endDate: { year: 2000, month: 1, day: 1 } } });
      await eventually(reasonOf, (reason) => reason === 'NOT_A_DOCUMENT_PROVIDER');
      yield newMessage(office, reader);
    }
    const outcomesOfStream: (string | undefined)[] = [];
    for await (const { outcome } of client.publishMessages(requestsOf(messages()))) {
      published.resolve();
      outcomesOfStream.push(outcome?.$case === 'refused' ? outcome.value.reason : outcome?.$case);
    }
    expect(outcomesOfStream).toEqual(['published', 'NOT_A_DOCUMENT_PROVIDER']);
  });
});
