import { randomUUID } from 'node:crypto';
import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import type { Document, NewMessage } from '@crossroads/contracts/ebox/v1/message';
import { newRequestId } from '@crossroads/grpc';
import { enterpriseIdOf } from '@crossroads/identifiers';
import { refusalOf } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  asAdmin,
  giveConsent,
  newMessage,
  openMailboxes,
  outcomesOf,
  provider,
  type Provider,
  type PublicationClient,
  publications,
  storedText,
  uploaded,
  withdrawConsent,
} from './publishing.js';
import { BAKERY, type Person, World } from './world.js';

describe('publishing a message', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let fund: Provider;
  let client: PublicationClient;

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox');
    world = await World.create(mesh);
    fund = await provider(world);
    running = await mesh.startProcess();
    client = publications(world, running, fund);
  });
  afterAll(() => mesh.stop());

  const reader = async (exclusivelyEbox = false): Promise<Person> => {
    const person = world.person();
    await openMailboxes(world, [person.personId], exclusivelyEbox);
    return person;
  };
  const states = (...originalMessageIds: string[]) => client.listMessageStates({ sender: '', originalMessageIds });

  it('a message to somebody who consented is kept, and its sender finds it by its own id', async () => {
    const message = newMessage(fund, await reader());
    const { messageId, exclusivelyEbox } = await client.publishMessage({ message });
    expect(exclusivelyEbox).toBe(false);
    const { states: found } = await states(randomUUID(), message.originalMessageId, message.originalMessageId);
    expect(found).toEqual([
      {
        originalMessageId: message.originalMessageId,
        messageId,
        receivedTime: expect.any(Date),
        readTime: undefined,
      },
    ]);
  });

  it('the sender learns that a recipient wants no paper copies', async () => {
    const message = newMessage(fund, await reader(true));
    expect(await client.publishMessage({ message })).toMatchObject({ exclusivelyEbox: true });
  });

  it('an enterprise receives messages, and a person whose numbers were merged', async () => {
    await openMailboxes(world, [enterpriseIdOf(BAKERY)]);
    expect(await client.publishMessage({ message: newMessage(fund, BAKERY) })).toMatchObject({
      messageId: expect.any(String),
    });
    const [before, now] = [await reader(), world.person()];
    world.merge(before, now);
    expect(await client.publishMessage({ message: newMessage(fund, now) })).toMatchObject({
      messageId: expect.any(String),
    });
  });

  it('a repeated request gets the first answer, by itself, at the same time or in a stream', async () => {
    const message = newMessage(fund, await reader());
    const answers = await Promise.all([1, 2, 3].map(() => client.publishMessage({ message })));
    const [{ messageId } = { messageId: '' }] = answers;
    expect(answers).toEqual(answers.map(() => ({ messageId, exclusivelyEbox: false })));
    expect(await outcomesOf(client, [message, message])).toEqual([messageId, messageId]);
    expect((await states(message.originalMessageId)).states).toMatchObject([{ messageId }]);
  });

  it('another message under the same request id is refused', async () => {
    const message = newMessage(fund, await reader());
    await client.publishMessage({ message });
    const other = { ...message, registeredMail: true };
    expect(await refusalOf(client.publishMessage({ message: other }))).toMatchObject({
      code: status.ALREADY_EXISTS,
      reason: 'REQUEST_ID_REUSED',
    });
    expect(await outcomesOf(client, [other])).toEqual(['REQUEST_ID_REUSED']);
  });

  it('another request with the same original id of the same sender is refused; for another sender it is another message', async () => {
    const person = await reader();
    const message = newMessage(fund, person);
    await client.publishMessage({ message });
    expect(
      await refusalOf(client.publishMessage({ message: { ...message, requestId: newRequestId() } })),
    ).toMatchObject({ code: status.ALREADY_EXISTS, reason: 'MESSAGE_ALREADY_PUBLISHED' });
    const office = await provider(world);
    const theirs = newMessage(office, person, { originalMessageId: message.originalMessageId });
    expect(await publications(world, running, office).publishMessage({ message: theirs })).toMatchObject({
      messageId: expect.any(String),
    });
  });

  it('of many requests at once with the same original id one is published', async () => {
    const person = await reader();
    const first = newMessage(fund, person);
    const calls = Array.from({ length: 40 }, () =>
      client.publishMessage({ message: { ...first, requestId: newRequestId() } }).then(
        () => 'PUBLISHED',
        (error: { reason?: string }) => error.reason,
      ),
    );
    const outcomes = Map.groupBy(await Promise.all(calls), (outcome) => outcome);
    expect(outcomes.get('PUBLISHED')).toHaveLength(1);
    expect(outcomes.get('MESSAGE_ALREADY_PUBLISHED')).toHaveLength(39);
  });

  it('to somebody without consent a message is refused, with the advice to send it on paper', async () => {
    const error = await refusalOf(client.publishMessage({ message: newMessage(fund, world.person()) }));
    expect(error).toMatchObject({ code: status.FAILED_PRECONDITION, reason: 'NO_CONSENT' });
    expect(error.message).toContain('on paper');
    expect(await refusalOf(client.publishMessage({ message: newMessage(fund, '0884303369') }))).toMatchObject({
      reason: 'NO_CONSENT',
    });
  });

  it('consent decides at once: after it was withdrawn a message is refused, after it was given again it is published', async () => {
    const person = world.person();
    const publish = () => client.publishMessage({ message: newMessage(fund, person) });
    await giveConsent(world, running, person);
    expect(await publish()).toMatchObject({ messageId: expect.any(String) });
    await withdrawConsent(world, running, person);
    expect(await refusalOf(publish())).toMatchObject({ reason: 'NO_CONSENT' });
    await giveConsent(world, running, person);
    expect(await publish()).toMatchObject({ messageId: expect.any(String) });
  });

  it('an uploaded document may be named by its sender, with what was uploaded, and by nobody else', async () => {
    const person = await reader();
    const document = await uploaded(client, Buffer.from('attest'));
    const office = await provider(world);
    const named = (more: Partial<Document>, by = fund) =>
      newMessage(by, person, { documents: [{ ...document, ...more }] });
    const refused = async (message: NewMessage, by = client) =>
      (await refusalOf(by.publishMessage({ message }))).violations;
    const unknown = [{ field: 'message.documents[0].document_id', reason: 'UNKNOWN_UPLOAD' }];
    expect(await refused(named({ size: 7n }))).toMatchObject(unknown);
    expect(await refused(named({ sha256: Buffer.alloc(32) }))).toMatchObject(unknown);
    expect(await refused(named({ mediaType: 'text/plain' }))).toMatchObject(unknown);
    expect(await refused(named({ documentId: randomUUID() }))).toMatchObject(unknown);
    expect(await refused(named({}, office), publications(world, running, office))).toMatchObject(unknown);
    expect(await client.publishMessage({ message: named({}) })).toMatchObject({ messageId: expect.any(String) });
  });

  it('a message that names an unknown upload stops no other, and keeps none of its other uploads', async () => {
    const person = await reader();
    const document = await uploaded(client, Buffer.from('bijlage'));
    const missing = { ...document, documentId: randomUUID() };
    const messages = [
      newMessage(fund, person),
      newMessage(fund, person, { documents: [document, missing] }),
      newMessage(fund, person),
    ];
    const [before, refused, after] = await outcomesOf(client, messages);
    expect([before?.length, refused, after?.length]).toEqual([36, 'INVALID_INPUT', 36]);
    const states = await asAdmin(world, 'select state from uploads where document_id = $1', [document.documentId]);
    expect(states).toEqual([{ state: 'stored' }]);
    const twice = [document, { ...document, size: 1n }].map((one) => newMessage(fund, person, { documents: [one] }));
    expect(await outcomesOf(client, twice)).toEqual([expect.stringMatching(/^.{36}$/), 'INVALID_INPUT']);
  });

  it('a number that is not, or no longer, that of a person is refused with its own reason', async () => {
    const number = (state: NumberState) => {
      const person = world.person();
      world.directory.put(person, [], { state });
      return person;
    };
    const refused = async (person: Person) => refusalOf(client.publishMessage({ message: newMessage(fund, person) }));
    expect(await refused(number(NumberState.NUMBER_STATE_UNKNOWN))).toMatchObject({
      code: status.NOT_FOUND,
      reason: 'UNKNOWN_SSIN',
    });
    expect(await refused(number(NumberState.NUMBER_STATE_REPLACED))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'REPLACED_SSIN',
    });
    expect(await refused(number(NumberState.NUMBER_STATE_CANCELED))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'CANCELED_SSIN',
    });
  });

  it('a message that was refused may be published later, under the same request id', async () => {
    const person = world.person();
    const message = newMessage(fund, person);
    expect(await refusalOf(client.publishMessage({ message }))).toMatchObject({ reason: 'NO_CONSENT' });
    await openMailboxes(world, [person.personId]);
    expect(await client.publishMessage({ message })).toMatchObject({ messageId: expect.any(String) });
  });

  it('neither the recipient nor the content is stored in clear', async () => {
    const person = await reader();
    const subject = { nl: 'Xylofoonbijslag', fr: 'Allocation de xylophone', de: '', en: '' };
    const message: NewMessage = newMessage(fund, person, {
      subject,
      payment: { amount: '98765.43', currency: 'EUR', iban: 'BE68539007547034', reference: '', dueDate: undefined },
    });
    const { messageId } = await client.publishMessage({ message });
    const stored = await storedText(world, messageId);
    expect(stored).toContain(person.personId);
    for (const secret of [person.ssin, 'ylofoon', 'xylophone', '98765', 'BE68539007547034', 'beslissing.pdf'])
      expect(stored).not.toContain(secret);
    expect(running.output).not.toContain(person.ssin);
  });

  it('message types have a title in four languages', async () => {
    const { messageTypes } = await client.listMessageTypes({});
    expect(messageTypes.length).toBeGreaterThanOrEqual(12);
    for (const { title } of messageTypes)
      expect([title?.nl, title?.fr, title?.de, title?.en].map(Boolean)).toEqual([true, true, true, true]);
  });
});
