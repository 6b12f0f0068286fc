import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { progress } from '../whole-mesh.js';
import { IN_FULL } from './full.js';
import { FaultTable } from './fault-table.js';
import { DOUBLED, FaultWorld } from './fault-world.js';
import {
  blackHole,
  emptyTopics,
  endSessions,
  freeze,
  fullDisk,
  kill,
  noConnections,
  parked,
  prepareSlowCommits,
  rebalance,
  setClockBack,
  slowCommits,
  suspend,
} from './injections.js';
import { randomFrom, seedOf, shuffled } from './random.js';

const PEOPLE = 40;
/** Faults go on in random order until this is over, and each comes once at least. */
const MINUTES = 4;

let world: FaultWorld;
const seed = seedOf();
const table = new FaultTable(seed);

beforeAll(async () => {
  progress(`seed ${seed}; repeat the order of faults with FAULT_SEED=${seed}`);
  world = await FaultWorld.start({ people: PEOPLE, doubled: DOUBLED, wages: true });
}, 300_000);

afterAll(() => world?.stop());

(IN_FULL ? describe : describe.skip)('a mesh of two processes of each service that shares its log, under load', () => {
  const faults = (): [string, () => Promise<string | void>][] => [
    ...(
      [
        'person-registry',
        'reference-directory',
        'authorization',
        'exchange',
        'subscription',
        'access-audit',
        'postgres',
      ] as const
    ).map((name): [string, () => Promise<void>] => [`kill -9 ${name}`, () => kill(world, name)]),
    ...DOUBLED.map((name): [string, () => Promise<void>] => [
      `SIGSTOP beyond the lease: ${name}`,
      () => freeze(world, name),
    ]),
    ...(['subscription', 'access-audit', 'person-registry'] as const).map((name): [string, () => Promise<void>] => [
      `four processes, two leave: ${name}`,
      () => rebalance(world, name),
    ]),
    ['black hole: subscription to its database', () => blackHole(world, 'database')],
    ['black hole: subscription to the directory', () => blackHole(world, 'directory')],
    ['black hole: subscription to the registry', () => blackHole(world, 'registry')],
    ['sessions of the servers ended', () => endSessions(world)],
    ['20 writers with slow commits', () => slowCommits(world)],
    ...(world.server.disk.isOrdinary === undefined
      ? [['disk of the registry full', () => fullDisk(world)] satisfies [string, () => Promise<void>]]
      : []),
    ['out of connections', () => noConnections(world)],
    ['clock of one access log set back an hour', () => setClockBack(world)],
    ...(world.mesh.kafkaAbsent === undefined
      ? ([
          ['kill -9 kafka', () => kill(world, 'kafka')],
          ['black hole: kafka', () => suspend(world, 'kafka')],
          [
            'topics emptied',
            () => emptyTopics(world, ['crossroads.person.v1', 'crossroads.mutation.v1', 'crossroads.access.v1']),
          ],
        ] satisfies [string, () => Promise<string | void>][])
      : []),
  ];

  /** Injects faults under load. The tests look at what this left, and change nothing. */
  beforeAll(async () => {
    if (world.mesh.kafkaAbsent !== undefined) table.skip('faults of Kafka', world.mesh.kafkaAbsent);
    const { isOrdinary } = world.server.disk;
    if (isOrdinary !== undefined) table.skip('disk of the registry full', isOrdinary);
    const random = randomFrom(seed);
    await prepareSlowCommits(world);
    world.begin();
    const all = faults();
    const until = performance.now() + MINUTES * 60_000;
    const again = Array.from({ length: 10 }, () => shuffled(all, random)).flat();
    for (const [n, [what, fault]] of [...shuffled(all, random), ...again].entries()) {
      if (n >= all.length && performance.now() > until) break;
      await table.inject(world, what, fault);
    }
    await world.pause();
  }, 900_000);

  it('changes are accepted and delivered again after each fault', () => {
    expect(table.stopped()).toEqual([]);
  });

  it('each accepted change is delivered to each entitled subscriber once, in order, recorded, and to nobody else', async () => {
    const found = await world.faults();
    table.write(found);
    expect(found).toEqual([]);
  }, 300_000);

  it('no consumer parks a message', async () => {
    expect(await parked(world)).toEqual([]);
  });
});
