import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { kafkaAdmin, type ServiceName } from '@crossroads/local';
import type { TopicName } from '@crossroads/topology';
import pg from 'pg';
import { ask, withDatabase } from '../databases.js';
import type { Replica } from '../operations/replica.js';
import type { Doubled, FaultWorld } from './fault-world.js';

/** Longer than a lease, which lasts 6 s. */
const BEYOND_LEASE_MS = 8_000;
/** Longer than each time-out of connections, so that a peer that does not answer is given up. */
const BEYOND_TIMEOUTS_MS = 12_000;

/** Kills a process with SIGKILL. Resolves when it is back. */
export const kill = async (world: FaultWorld, name: ServiceName | 'kafka' | 'postgres'): Promise<void> => {
  if (name === 'person-registry') await world.registry.killAndStart();
  else await world.mesh.local.kill(name);
};

/** Stops a second process with SIGSTOP for longer than its leases last, and lets it go on as if nothing had happened. */
export const freeze = async (world: FaultWorld, service: Doubled): Promise<void> => {
  const frozen = secondOf(world, service);
  frozen.signal('SIGSTOP');
  await delay(BEYOND_LEASE_MS);
  frozen.signal('SIGCONT');
};

/** Suspends a process: it keeps its connections and answers nothing, as if all packets to it were lost. */
export const suspend = (world: FaultWorld, name: 'kafka'): Promise<void> =>
  world.mesh.whileSuspended(name, () => delay(BEYOND_TIMEOUTS_MS));

/** The second subscription process loses all packets to its database, or to a service. */
export const blackHole = async ({ links }: FaultWorld, to: keyof FaultWorld['links']): Promise<void> => {
  links[to].blackHole();
  await delay(BEYOND_TIMEOUTS_MS);
  links[to].mend();
};

/** Two more processes of a service join and leave again, so that leases and partitions are shared out four times. */
export const rebalance = async (world: FaultWorld, service: Doubled): Promise<void> => {
  const second = secondOf(world, service);
  const joined: Replica[] = [];
  try {
    for (let n = 0; n < 2; n++) {
      const replica = await second.another();
      joined.push(replica);
      await replica.start();
    }
    const [first, last] = joined;
    await first?.stop();
    // The last one leaves without a word.
    last?.kill();
  } finally {
    for (const replica of joined) replica.kill();
  }
};

/** Ends all sessions of both servers, those of the stampers and of transactions under way as well. */
export const endSessions = async (world: FaultWorld): Promise<string> => {
  const sql = `select count(pg_terminate_backend(pid))::int as ended from pg_stat_activity
    where datname is not null and datname <> 'postgres' and pid <> pg_backend_pid()`;
  const [main] = await ask<{ ended: number }>(world.mesh, 'postgres', sql);
  const [own] = await onRegistry<{ ended: number }>(world, sql);
  return `${(main?.ended ?? 0) + (own?.ended ?? 0)} sessions`;
};

const slowCommit = (what: 'pg_sleep(random() * 0.3)' | 'pg_sleep(0)'): string =>
  `create or replace function slow_commit() returns trigger language plpgsql security definer as
     $$ begin perform ${what}; return null; end $$;`;

/** Lets `slowCommits` make commits slow later. Before the load: to make a trigger takes locks that others wait for. */
export const prepareSlowCommits = async (world: FaultWorld): Promise<void> => {
  await onRegistry(
    world,
    `${slowCommit('pg_sleep(0)')}
     create constraint trigger slow_commit after insert on es.events deferrable initially deferred
       for each row execute function slow_commit()`,
    'person_registry',
  );
};

/** Each commit of the registry takes up to 300 ms more for a while, so that transactions end in another order than they began. */
export const slowCommits = async (world: FaultWorld): Promise<void> => {
  await onRegistry(world, slowCommit('pg_sleep(random() * 0.3)'), 'person_registry');
  try {
    await delay(BEYOND_LEASE_MS);
  } finally {
    await onRegistry(world, slowCommit('pg_sleep(0)'), 'person_registry');
  }
};

/** The disk of the registry's server is full for a while: it may end, and is started again. */
export const fullDisk = ({ server }: FaultWorld): Promise<void> => server.disk.whileFull(() => delay(BEYOND_LEASE_MS));

/** Takes all connections that the server of all services but the registry has left, for a while. */
export const noConnections = async (world: FaultWorld): Promise<string> => {
  const clients: pg.Client[] = [];
  const url = world.mesh.local.mesh().postgres.adminUrl;
  try {
    for (;;) {
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => undefined);
      try {
        await client.connect();
      } catch (error) {
        if (error instanceof pg.DatabaseError && error.code === '53300') break;
        throw error;
      }
      clients.push(client);
    }
    await delay(BEYOND_LEASE_MS);
    return `${clients.length} connections taken`;
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
};

/** The clock of the second process of the access log goes back an hour, and stays there. */
export const setClockBack = async (world: FaultWorld): Promise<void> => {
  secondOf(world, 'access-audit').signal('SIGUSR2');
};

/** Deletes everything from topics while their readers are frozen, so that what they have not taken is gone. */
export const emptyTopics = async (world: FaultWorld, topics: readonly TopicName[]): Promise<string> => {
  const { mesh } = world;
  const names = ['subscription', 'access-audit', 'reference-directory', 'ebox'] as const;
  const pids = names.map((name) => mesh.pidOf(name));
  const seconds = (['subscription', 'access-audit'] as const).flatMap((name) => world.second.get(name) ?? []);
  const signal = (name: NodeJS.Signals) => {
    for (const pid of pids) process.kill(pid, name);
    for (const second of seconds) second.signal(name);
  };
  const before = world.allAccepted().length;
  signal('SIGSTOP');
  try {
    // What is accepted now is published, and no reader has it.
    while (world.allAccepted().length < before + 40) await delay(50);
    return `${await deleteRecords(world, topics)} messages deleted`;
  } finally {
    signal('SIGCONT');
  }
};

const deleteRecords = async ({ mesh }: FaultWorld, topics: readonly TopicName[]): Promise<number> => {
  const { broker, certificates } = mesh.local.mesh();
  const identity = certificates['kafka'];
  if (broker.kind === 'embedded' || identity === undefined) throw new Error('there is no Kafka');
  const admin = kafkaAdmin(broker.brokers, identity, 5);
  await admin.connect();
  try {
    let deleted = 0;
    for (const topic of topics) {
      const partitions = (await admin.fetchTopicOffsets(topic)).filter(({ high, low }) => high !== low);
      deleted += partitions.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
      if (partitions.length > 0)
        await admin.deleteTopicRecords({
          topic,
          partitions: partitions.map(({ partition, high }) => ({ partition, offset: high })),
        });
    }
    return deleted;
  } finally {
    await admin.disconnect();
  }
};

/** A copy of a server's data folder as a disk has it at an instant. The server starts from it as after a power failure. */
export class PhysicalCopy {
  private constructor(
    private readonly data: string,
    private readonly copy: string,
  ) {}

  /** Of a running server, all of whose processes stand still meanwhile. */
  static take(data: string, pid: number): PhysicalCopy {
    const copy = `${data}-copy`;
    rmSync(copy, { recursive: true, force: true });
    const pids = [pid, ...childrenOf(pid)];
    for (const one of pids) process.kill(one, 'SIGSTOP');
    try {
      execFileSync('cp', ['-a', data, copy]);
    } finally {
      for (const one of pids.toReversed()) process.kill(one, 'SIGCONT');
    }
    for (const name of ['postmaster.pid', 'postmaster.opts', '.lock']) rmSync(join(copy, name), { force: true });
    return new PhysicalCopy(data, copy);
  }

  /** Puts the copy in the place of the data folder of a server that is running, and `restart` kills and starts it. */
  async restore(pid: number, restart: () => Promise<void>): Promise<void> {
    const pids = [pid, ...childrenOf(pid)];
    for (const one of pids) process.kill(one, 'SIGSTOP');
    renameSync(this.data, `${this.data}-lost`);
    renameSync(this.copy, this.data);
    for (const one of pids.slice(1)) process.kill(one, 'SIGKILL');
    await restart();
    rmSync(`${this.data}-lost`, { recursive: true, force: true });
  }
}

/** By /proc, so on Linux only. */
const childrenOf = (parent: number): number[] =>
  readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const fields =
        readFileSync(join('/proc', name, 'stat'), 'utf8')
          .split(') ')
          .at(-1)
          ?.split(' ') ?? [];
      return Number(fields[1]) === parent ? [Number(name)] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });

/** Queries the registry's server as superuser. */
export const onRegistry = async <Row extends pg.QueryResultRow>(
  { server }: FaultWorld,
  sql: string,
  database = 'postgres',
): Promise<Row[]> => {
  const url = new URL(server.adminUrl);
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
};

/** How many messages each consumer has parked, by database. */
export const parked = async ({ mesh }: FaultWorld): Promise<string[]> => {
  const found: string[] = [];
  for (const database of ['subscription', 'access_audit', 'reference_directory', 'ebox'])
    await withDatabase(mesh, database, async (client) => {
      const { rows } = await client.query<{ text: string }>(
        `select reason || ': ' || count(*) as text from parked group by reason`,
      );
      found.push(...rows.map(({ text }) => `${database}: ${text}`));
    });
  return found;
};

const secondOf = ({ second }: FaultWorld, service: Doubled): Replica => {
  const replica = second.get(service);
  if (replica === undefined) throw new Error(`${service} has no second process`);
  return replica;
};
