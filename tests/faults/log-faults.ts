import { setTimeout as delay } from 'node:timers/promises';
import { TOPIC_NAMES } from '@crossroads/topology';
import { DOUBLED, type FaultWorld } from './fault-world.js';
import {
  blackHole,
  emptyTopics,
  endSessions,
  freeze,
  fullDisk,
  kill,
  noConnections,
  rebalance,
  setClockBack,
  slowCommits,
  suspend,
} from './injections.js';
import type { Injection } from './rounds.js';

const SERVERS = ['postgres', 'registry server', 'kafka'];
const KILLED = [
  'person-registry',
  'reference-directory',
  'authorization',
  'exchange',
  'subscription',
  'access-audit',
] as const;
const GROWN = ['subscription', 'access-audit', 'person-registry'] as const;
const SECONDS = DOUBLED.map((service) => `second ${service}`);

/** A kill comes within this, so that it meets another step of the work in each run. */
const WITHIN_MS = 2_000;

/** All faults of a mesh with one log: what each one breaks decides which others can happen at the same time. */
export const faultsOfLog = (world: FaultWorld, random: () => number): Injection[] => {
  const second = (service: string) => [`second ${service}`];
  return [
    ...KILLED.map((name) => {
      const at = random() * WITHIN_MS;
      const inject = () => delay(at).then(() => kill(world, name));
      // A service starts only when its database answers.
      return { what: `kill -9 ${name}`, breaks: [name], needs: ['postgres', 'registry server'], inject };
    }),
    ...DOUBLED.map((name) => ({
      what: `SIGSTOP beyond the lease: ${name}`,
      breaks: second(name),
      needs: [],
      inject: () => freeze(world, name),
    })),
    ...GROWN.map((name) => ({
      what: `four processes, two leave: ${name}`,
      breaks: [],
      needs: SERVERS,
      inject: () => rebalance(world, name),
    })),
    ...(['database', 'directory', 'registry'] as const).map((to) => ({
      what: `black hole: subscription to its ${to}`,
      breaks: second('subscription'),
      needs: [],
      inject: () => blackHole(world, to),
    })),
    fault('kill -9 postgres', ['postgres'], () => kill(world, 'postgres')),
    fault('sessions of the servers ended', ['postgres', 'registry server'], () => endSessions(world)),
    fault('20 writers with slow commits', ['registry server'], () => slowCommits(world)),
    ...(world.server.disk.isOrdinary === undefined
      ? [fault('disk of the registry full', ['registry server'], () => fullDisk(world))]
      : []),
    fault('out of connections', ['postgres'], () => noConnections(world)),
    fault('clock of one access log set back an hour', second('access-audit'), () => setClockBack(world)),
    ...(world.mesh.kafkaAbsent === undefined
      ? [
          fault('kill -9 kafka', ['kafka'], () => kill(world, 'kafka')),
          fault('black hole: kafka', ['kafka'], () => suspend(world, 'kafka')),
          fault('topics emptied', [...SERVERS, ...KILLED, ...SECONDS], () => emptyTopics(world, TOPIC_NAMES)),
        ]
      : []),
  ];
};

const fault = (what: string, breaks: readonly string[], inject: () => Promise<string | void>): Injection => ({
  what,
  breaks,
  needs: [],
  inject,
});
