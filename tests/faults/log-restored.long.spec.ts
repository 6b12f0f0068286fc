import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { IDENTIFICATION } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../databases.js';
import { progress } from '../whole-mesh.js';
import { FaultTable } from './fault-table.js';
import { FaultWorld } from './fault-world.js';
import { onRegistry, PhysicalCopy } from './injections.js';

/** Few, because a resync starts a process for each partition of each reader. */
const PEOPLE = 6;

interface Position {
  readonly partition: number;
  readonly position: number;
}

let world: FaultWorld;
const table = new FaultTable();

beforeAll(async () => {
  world = await FaultWorld.start({ people: PEOPLE, doubled: ['person-registry', 'subscription'], wages: false });
}, 300_000);

afterAll(() => world?.stop());

describe('a registry that was restored to an older physical copy of its databases', () => {
  const READERS = ['subscription', 'reference-directory', 'ebox'] as const;
  type Reader = (typeof READERS)[number];
  /** Partitions of each reader. */
  const beyond = new Map<Reader, number[]>();
  const forked = new Map<Reader, number[]>();
  let resynced: string;

  /** The partitions of which the processes of a reader have said that they have forked. */
  const forkedOf = (name: Reader): number[] => {
    const { logs } = world.mesh.local.folder;
    const second = name === 'subscription' ? world.second.get(name) : undefined;
    const lines = [join(logs, `${name}.log`), ...(second ? [second.log] : [])].flatMap((file) =>
      readFileSync(file, 'utf8').split('\n'),
    );
    const said = lines.filter((line) => line.includes('"msg":"LOG_FORKED'));
    return sorted(new Set(said.map((line) => Number(/"partition":(\d+)/.exec(line)?.[1]))));
  };

  /** The partitions that a reader has read further than the registry's log goes. */
  const beyondOf = async (name: Reader): Promise<number[]> => {
    const head = `select partition::int, max(position)::int as position from es.log where partition < 100 group by 1`;
    const heads = await onRegistry<Position>(world, head, world.registryDatabases.main.name);
    const place = `select partition::int, max(position)::int as position from es.steps where reader like 'crossroads.person.v1 %' group by 1`;
    const places = await ask<Position>(world.mesh, name.replaceAll('-', '_'), place);
    const headOf = new Map(heads.map(({ partition, position }) => [partition, position]));
    return sorted(
      places
        .filter(({ partition, position }) => position > (headOf.get(partition) ?? 0))
        .map(({ partition }) => partition),
    );
  };

  const sorted = (partitions: Iterable<number>): number[] => [...partitions].toSorted((a, b) => a - b);

  /** Runs `main.js resync` of a service, as its runbook says. */
  const resync = async (name: Reader, partition: number): Promise<string> => {
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
    // What is not accepted yet may be in the copy or not.
    const kept = world.allAccepted().length;
    const copy = PhysicalCopy.take(join(world.server.disk.folder, 'postgres', 'data'), postgres.pid);
    for (let n = 0; n < 5; n++) await world.goesOn();
    await world.pause();
    await world.delivered();
    world.mayHaveLost(kept, IDENTIFICATION);
    await copy.restore(postgres.pid, () => postgres.killAndWait());
    for (const name of READERS) beyond.set(name, await beyondOf(name));
    await world.registry.killAndStart();
    world.begin();
    const hasSaid = (name: Reader) => forkedOf(name).length >= (beyond.get(name)?.length ?? 0);
    await eventually(() => READERS.every(hasSaid), Boolean, 60_000).catch(() => undefined);
    for (const name of READERS) forked.set(name, forkedOf(name));
    progress(`forked: ${JSON.stringify([...forked])}`);
    const outputs = await Promise.all(
      READERS.map(async (name) => {
        const said: string[] = [];
        for (const partition of forkedOf(name)) said.push(await resync(name, partition));
        return said.join('');
      }),
    );
    resynced = outputs.join('');
    await table.inject(world, {
      what: 'registry restored to an older copy, and resynced',
      inject: async () => `${resynced.match(/Generation 1 goes on/g)?.length ?? 0} partitions of readers forked`,
    });
    await world.pause();
  }, 900_000);

  it('each reader stops with LOG_FORKED in each partition that it had read further than the restored log goes', () => {
    expect(beyond.get('subscription')?.length).toBeGreaterThan(0);
    for (const name of READERS)
      expect([name, forked.get(name)]).toEqual([name, expect.arrayContaining(beyond.get(name) ?? [])]);
  });

  it('a resync of each partition lets them go on, and says what was taken that the registry no longer has', () => {
    expect(resynced).toContain('Generation 1 goes on from there by itself.');
    expect(resynced).toContain('may be lost at the publisher');
    expect(table.stopped()).toEqual([]);
  });

  it('nothing that was accepted after the restore is lost, doubled, reordered or leaked', async () => {
    const found = await world.faults();
    table.write(found);
    expect(found).toEqual([]);
  }, 300_000);
});

describe('a Kafka that was restored to an older physical copy', () => {
  it('its readers take from the publishers what it no longer has, and nothing is lost, doubled, reordered or leaked', async () => {
    const kafka = world.mesh.local.process('kafka');
    if (kafka?.pid === undefined) {
      table.skip('Kafka restored to an older copy', world.mesh.kafkaAbsent ?? 'it runs in a container');
      return;
    }
    world.begin();
    await world.goesOn();
    const copy = PhysicalCopy.take(join(world.mesh.local.folder.path, 'kafka', 'data'), kafka.pid);
    for (let n = 0; n < 5; n++) await world.goesOn();
    // What the subscribers have read by now is theirs; a topic that went back does not have it any more.
    await world.pause();
    await world.delivered();
    const subscribers = await world.endReaders();
    await copy.restore(kafka.pid, () => world.mesh.local.kill('kafka'));
    // From the beginning: the offset of a subscriber may lie in what is written anew.
    await world.readAgain(subscribers);
    world.begin();
    await table.inject(world, { what: 'Kafka restored to an older copy', inject: async () => undefined });
    await world.pause();
    const found = await world.faults();
    table.write(found);
    expect(found).toEqual([]);
    expect(table.stopped()).toEqual([]);
  }, 300_000);
});

describe('an event of a type that no process knows', () => {
  const database = () => world.registryDatabases.main.name;
  /** The partitions that members do not want until they restart. */
  const refusals = () =>
    onRegistry<{ refused: number[] }>(
      world,
      `select refused from es.members where role = 'log' and expires_at > clock_timestamp()`,
      database(),
    );

  it('stops its partition, visibly, while the others go on, until a process of a newer version takes it over; nothing is lost', async () => {
    const [event] = await onRegistry<{ partition: number }>(
      world,
      `insert into es.events (month, partition, stream_id, stream_type, revision, event_id, type, schema_version, data, metadata)
       select 0, partition, gen_random_uuid(), 'future', 1, gen_random_uuid(), 'FromTheFuture', 1, '{}', '{}'
         from es.events where stream_type = 'person' group by partition order by count(*) desc, partition limit 1
       returning partition`,
      database(),
    );
    const partition = event?.partition ?? -1;
    await eventually(
      refusals,
      (members) => members.length === 2 && members.every(({ refused }) => refused.includes(partition)),
    );
    const logs = [world.registry, world.second.get('person-registry')].map((one) =>
      one ? readFileSync(one.log, 'utf8') : '',
    );
    expect(logs.join('')).toContain('NeedsNewerVersion');
    world.begin();
    await table.inject(world, { what: 'event of an unknown type', inject: async () => `partition ${partition} stops` });
    await table.inject(world, { what: 'upgrade with a new type of event', inject: () => world.startNewerRegistry() });
    await world.pause();
    const found = await world.faults();
    table.write(found);
    expect(found).toEqual([]);
    expect(table.stopped()).toEqual([]);
  }, 300_000);
});
