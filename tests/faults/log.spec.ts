import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { progress } from '../whole-mesh.js';
import { FaultTable } from './fault-table.js';
import { FaultWorld } from './fault-world.js';
import { blackHole, freeze, kill, parked } from './injections.js';
import { randomFrom, seedOf, shuffled } from './random.js';

const PEOPLE = 12;

let world: FaultWorld;
const seed = seedOf();
const table = new FaultTable(seed);

/** The short form of `log.long.spec.ts`: three faults at once. The tests look at what they left, and change nothing. */
beforeAll(async () => {
  progress(`seed ${seed}; repeat with FAULT_SEED=${seed}`);
  world = await FaultWorld.start({ people: PEOPLE, doubled: ['person-registry', 'subscription'], wages: false });
  const [killed = 'subscription'] = shuffled(
    ['person-registry', 'subscription', 'access-audit'] as const,
    randomFrom(seed),
  );
  world.begin();
  await world.goesOn();
  await table.inject(
    world,
    { what: `kill -9 ${killed}`, inject: () => kill(world, killed) },
    { what: 'SIGSTOP beyond the lease: person-registry', inject: () => freeze(world, 'person-registry') },
    { what: 'black hole: subscription to its database', inject: () => blackHole(world, 'database') },
  );
  await world.pause();
});

afterAll(() => world?.stop());

describe('the log of two processes of a service, of which one is killed, one frozen and one cut off from its database,', () => {
  it('takes changes and delivers them again', () => {
    expect(table.stopped()).toEqual([]);
  });

  it('has each accepted change delivered to each entitled subscriber once, in order, recorded, and to nobody else', async () => {
    const faults = await world.faults();
    table.write(faults);
    expect(faults).toEqual([]);
    expect(await parked(world)).toEqual([]);
  });

  it('reports the outages as warnings', () => {
    expect(world.errors()).toEqual([]);
  });
});
