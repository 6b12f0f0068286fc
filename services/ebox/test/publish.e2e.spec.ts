import { TestMesh } from '@crossroads/testing/mesh';
import { refusalOf } from '@crossroads/testing';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  newMessage,
  openMailboxes,
  provider,
  type Provider,
  type PublicationClient,
  publications,
} from './publishing.js';
import { World } from './world.js';

describe('publishing', () => {
  let mesh: TestMesh;
  let world: World;
  let fund: Provider;
  let client: PublicationClient;

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox');
    world = await World.create(mesh);
    fund = await provider(world);
    const running = await mesh.startProcess();
    client = publications(world, running, fund);
  });
  afterAll(() => mesh.stop());

  it('a message to somebody who consented is kept, and a repeated request gets the same answer', async () => {
    const person = world.person();
    await openMailboxes(world, [person.personId]);
    const message = newMessage(fund, person);
    const answer = await client.publishMessage({ message });
    expect(answer).toEqual({ messageId: expect.any(String), exclusivelyEbox: false });
    expect(await client.publishMessage({ message })).toEqual(answer);
    const { states } = await client.listMessageStates({ sender: '', originalMessageIds: [message.originalMessageId] });
    expect(states).toMatchObject([{ messageId: answer.messageId }]);
  });

  it('a message to somebody without consent is refused', async () => {
    expect(await refusalOf(client.publishMessage({ message: newMessage(fund, world.person()) }))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'NO_CONSENT',
    });
  });
});
