import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { IDENTIFICATION } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { PARTITIONS } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { progress } from '../whole-mesh.js';
import { FaultTable } from './fault-table.js';
import { DOUBLED, FaultWorld } from './fault-world.js';
import {
  blackHole,
  emptyTopics,
  endSessions,
  freeze,
  kill,
  noConnections,
  onRegistry,
  parked,
  PhysicalCopy,
  rebalance,
  setClockBack,
  slowCommits,
  suspend,
} from './injections.js';
import { randomFrom, seedOf, shuffled } from './random.js';

const PEOPLE = 40;
/** Faults go on in random order until this is over, and each comes once at least. */
const MINUTES = 5;

let world: FaultWorld;
const seed = seedOf();
const table = new FaultTable(seed);

beforeAll(async () => {
  progress(`seed ${seed}; repeat the order of faults with FAULT_SEED=${seed}`);
  world = await FaultWorld.start({ people: PEOPLE, doubled: DOUBLED, wages: true });
}, 300_000);

afterAll(() => world?.stop());

describe('a mesh of two processes of each service that shares its log, under load', () => {
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
    const random = randomFrom(seed);
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

describe('a registry that was restored to an older physical copy of its databases', () => {
  const READERS = ['subscription', 'reference-directory', 'ebox'] as const;
  let forked: string[];
  let resynced: string;

  const logsOf = (name: string): string => {
    const { logs } = world.mesh.local.folder;
    const second = world.second.get(name as 'subscription');
    return [join(logs, `${name}.log`), ...(second ? [second.log] : [])]
      .map((file) => readFileSync(file, 'utf8'))
      .join('');
  };

  /** Runs `main.js resync` of a service, as its runbook says. */
  const resync = async (name: (typeof READERS)[number], partition: number): Promise<string> => {
    const env = { ...process.env, ...(await world.mesh.local.environmentOf(name)) };
    const args = [world.mesh.local.mainOf(name), 'resync', 'crossroads.person.v1', String(partition), '--confirm'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    return stdout;
  };

  beforeAll(async () => {
    const { process: postgres } = world.server;
    if (postgres?.pid === undefined) throw new Error('the server of the registry does not run');
    world.begin();
    await world.goesOn();
    const kept = world.allAccepted().length;
    const copy = PhysicalCopy.take(join(world.server.folder, 'postgres', 'data'), postgres.pid);
    for (let n = 0; n < 5; n++) await world.goesOn();
    await world.pause();
    await world.delivered();
    // What was accepted just before the copy may be in it or not.
    world.mayHaveLost(kept - 20, IDENTIFICATION);
    await copy.restore(postgres.pid, () => postgres.killAndWait());
    await world.registry.killAndStart();
    world.begin();
    const saysSo = (name: string) => logsOf(name).includes('LOG_FORKED');
    forked = await eventually(
      () => ['subscription', 'reference-directory'].filter(saysSo),
      (all) => all.length === 2,
    ).catch(() => ['subscription', 'reference-directory'].filter(saysSo));
    const said: string[] = [];
    for (const name of READERS)
      for (let partition = 0; partition < PARTITIONS; partition++)
        said.push(`${name}: ${await resync(name, partition)}`);
    resynced = said.join('');
    await table.inject(world, 'registry restored to an older copy, and resynced', async () => {
      const generations = resynced.match(/Generation 1 goes on/g)?.length ?? 0;
      return `${generations} partitions of readers forked`;
    });
    await world.pause();
  }, 600_000);

  it('its readers stop with LOG_FORKED', () => {
    expect(forked).toEqual(['subscription', 'reference-directory']);
  });

  it('a resync of each partition lets them go on, and says what was taken that the registry no longer has', () => {
    expect(resynced).toContain('Generation 1 goes on from there by itself.');
    expect(resynced).toContain('are lost at the publisher');
    expect(table.stopped()).toEqual([]);
  });

  it('nothing that was accepted after the restore is lost, doubled, reordered or leaked', async () => {
    const found = await world.faults();
    table.write(found);
    expect(found).toEqual([]);
  }, 300_000);
});

describe('an event of a type that no process knows', () => {
  it('its partition is given back and stops, visibly; the other partitions go on', async () => {
    const stream = world.registryDatabases.main.name;
    const [event] = await onRegistry<{ partition: number; stream_id: string }>(
      world,
      `insert into es.events (month, partition, stream_id, stream_type, revision, event_id, type, schema_version, data, metadata)
       select month, partition, stream_id, stream_type, revision + 1, gen_random_uuid(), 'FromTheFuture', 1, '{}', '{}'
         from es.events where stream_type = 'person' and partition = (select max(partition) from es.events where stream_type = 'person')
        order by revision desc limit 1 returning partition, stream_id`,
      stream,
    );
    const stopped = event?.partition;
    await eventually(
      () =>
        onRegistry<{ partition: number }>(
          world,
          `select partition from es.leases where role = 'log' and partition < 100 and (holder is null or expires_at < clock_timestamp())`,
          stream,
        ),
      (free) => free.some(({ partition }) => partition === stopped),
    );
    const logs = [world.registry, world.second.get('person-registry')].map((one) =>
      one ? readFileSync(one.log, 'utf8') : '',
    );
    expect(logs.join('')).toContain('FromTheFuture');
    world.begin();
    expect(await world.goesOn()).toBeDefined();
    await world.pause();
  });
});
