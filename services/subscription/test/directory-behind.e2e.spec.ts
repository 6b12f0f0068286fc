import type { Followed } from '@crossroads/contracts/directory/v1/directory_service';
import type { CloudEvent } from '@crossroads/messaging';
import { eventually } from '@crossroads/testing';
import { type InProcessService, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { PersonMutationConsumer } from '../src/mutation/mutation.consumer.js';
import { service } from '../src/service.js';
import { FUND, OFFICE, type Person, subscribed, World } from './world.js';

const TOPIC = 'crossroads.person.v1';
const LOG = '5b9c1d2e-0000-4000-8000-000000000001';

/** A mutation of a person whose number was replaced: until the directory knows, it does not answer who knows the other number. */
describe('a directory that is behind', () => {
  let mesh: TestMesh;
  let world: World;
  let running: InProcessService;

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    running = await mesh.startInProcess(service, AppModule);
    await subscribed(world.client(running, FUND));
  });
  afterAll(() => mesh.stop());

  const follow = (...positions: readonly bigint[]) => {
    const followed: Followed = { logId: LOG, positions };
    world.directory.followed = [followed];
  };
  const eventOf = (person: Person, partition: number, position: bigint): CloudEvent => ({
    id: `behind ${partition} ${position}`,
    source: 'urn:crossroads:service:person-registry',
    service: TOPIC,
    type: `${TOPIC}.persons.notify.changed`,
    time: new Date(),
    key: person.personId,
    partition,
    place: { logId: LOG, position, hash: '', serial: position, previous: { position: position - 1n, hash: '' } },
    data: world.mutation(person).data,
  });
  const read = async (...events: readonly CloudEvent[]) =>
    (await running.application.get(PersonMutationConsumer, { strict: false }).read(events)).map(
      ({ items }) => items.length,
    );

  it('is asked again until it has followed the registry as far as the mutation, and its older answer is not used', async () => {
    const person = world.person(OFFICE);
    follow(5n, 8n);
    const asked = world.directory.asked.length;
    const reading = read(eventOf(person, 1, 9n));
    await eventually(
      () => world.directory.asked.length,
      (count) => count >= asked + 3,
    );
    world.directory.put(person, [[FUND, 'CIN:AFFILIATED']]);
    follow(5n, 9n);
    expect(await reading).toEqual([1]);
  });

  it('is asked once when it has followed far enough', async () => {
    follow(5n, 8n);
    const asked = world.directory.asked.length;
    expect(await read(eventOf(world.person(FUND), 0, 5n), eventOf(world.person(FUND), 1, 7n))).toEqual([1, 1]);
    expect(world.directory.asked.length).toBe(asked + 1);
  });

  it('makes the batch fail when it stays behind, so that the batch is delivered again', async () => {
    follow(4n);
    await expect(read(eventOf(world.person(FUND), 0, 5n))).rejects.toMatchObject({ reason: 'DIRECTORY_BEHIND' });
  });
});
