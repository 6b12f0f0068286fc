import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FaultWorld } from './fault-world.js';
import { emptyTopics, freeze, kill, parked } from './injections.js';
import { FaultTable } from './fault-table.js';
import { IN_FULL } from './full.js';

const PEOPLE = 24;

let world: FaultWorld;

beforeAll(async () => {
  world = await FaultWorld.start({ people: PEOPLE, doubled: ['person-registry', 'subscription'], wages: false });
});

afterAll(() => world?.stop());

/** The short form of `log.long.spec.ts`. */
(IN_FULL ? describe : describe.skip)('two processes of the registry and of the subscription service', () => {
  const table = new FaultTable();

  /** Injects faults under load. The tests look at what this left, and change nothing. */
  beforeAll(async () => {
    world.begin();
    await table.inject(world, 'subscription frozen beyond its leases', () => freeze(world, 'subscription'));
    await table.inject(world, 'registry killed', () => kill(world, 'person-registry'));
    if (world.mesh.kafkaAbsent === undefined)
      await table.inject(world, 'topic of the registry emptied', () => emptyTopics(world, ['crossroads.person.v1']));
    await world.pause();
  });

  it('changes are accepted and delivered again after each fault', () => {
    expect(table.stopped()).toEqual([]);
  });

  it('each accepted change is delivered to each entitled subscriber once, in order, recorded, and to nobody else', async () => {
    const faults = await world.faults();
    table.write(faults);
    expect(faults).toEqual([]);
    expect(await parked(world)).toEqual([]);
  });
});
