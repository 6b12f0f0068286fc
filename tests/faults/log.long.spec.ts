import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { progress } from '../whole-mesh.js';
import { FaultTable } from './fault-table.js';
import { DOUBLED, FaultWorld } from './fault-world.js';
import { parked, prepareSlowCommits } from './injections.js';
import { faultsOfLog } from './log-faults.js';
import { randomFrom, seedOf } from './random.js';
import { roundsOf } from './rounds.js';

const PEOPLE = 40;
/** How many faults there are at the same time. */
const AT_ONCE = 3;
/** Only faults whose name matches. */
const ONLY = new RegExp(process.env['FAULT_ONLY'] ?? '');

let world: FaultWorld;
const seed = seedOf();
const table = new FaultTable(seed);

/** Injects faults under load. The tests look at what this left, and change nothing. */
beforeAll(async () => {
  progress(`seed ${seed}; repeat the order of faults with FAULT_SEED=${seed}`);
  world = await FaultWorld.start({ people: PEOPLE, doubled: DOUBLED, wages: true });
  if (world.mesh.kafkaAbsent !== undefined) table.skip('faults of Kafka', world.mesh.kafkaAbsent);
  const { isOrdinary } = world.server.disk;
  if (isOrdinary !== undefined) table.skip('disk of the registry full', isOrdinary);
  await prepareSlowCommits(world);
  world.begin();
  const random = randomFrom(seed);
  const faults = faultsOfLog(world, random).filter(({ what }) => ONLY.test(what));
  for (const round of roundsOf(faults, random, AT_ONCE)) await table.inject(world, ...round);
  await world.pause();
}, 900_000);

afterAll(() => world?.stop());

describe('a mesh of two processes of each service that share its log, under load and faults,', () => {
  it('accepts changes and delivers them again after each fault', () => {
    expect(table.stopped()).toEqual([]);
  });

  it('delivers each accepted change to each entitled subscriber once, in order, recorded, and to nobody else', async () => {
    const found = await world.faults();
    table.write(found);
    expect(found).toEqual([]);
  }, 300_000);

  it('parks no message', async () => {
    expect(await parked(world)).toEqual([]);
  });

  it('reports the outages as warnings, and answers no call INTERNAL', () => {
    expect(world.errors()).toEqual([]);
    expect(world.refusals().filter((reason) => reason === 'INTERNAL')).toEqual([]);
  });
});
