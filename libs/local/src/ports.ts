import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { portOffsetOf, SERVICES, type ServiceName } from '@crossroads/topology';
import { codeOf, LocalFailure } from './failure.js';

/** Below the ports of outgoing connections (Linux from 32768, macOS from 49152), which could be in use when a service starts. */
export const DEFAULT_PORT_BASE = 27_100;

/** How far the port for institutions lies from that for services. */
const FOR_INSTITUTIONS = 40;

/** The block of 100 ports that the mesh uses; `CROSSROADS_PORT_BASE` moves it. */
export interface Ports {
  readonly base: number;
  /** Where services connect to each. */
  readonly services: Readonly<Record<ServiceName, number>>;
  /** Where applications of institutions connect to each. */
  readonly forInstitutions: Readonly<Record<ServiceName, number>>;
  /** Where browsers reach the sign-in provider: its issuer is http://localhost:<port>. */
  readonly signIn: number;
  /** Where front ends reach it with their certificates. */
  readonly signInMtls: number;
  /** Where browsers reach the portal. */
  readonly portal: number;
  /** The first of the nine ports of demo institutions. */
  readonly institutions: number;
  readonly postgres: number;
  readonly kafka: number;
  readonly kafkaForInstitutions: number;
  readonly kafkaController: number;
}

export const portsFrom = (environment: NodeJS.ProcessEnv = process.env): Ports => {
  const text = environment['CROSSROADS_PORT_BASE'] ?? String(DEFAULT_PORT_BASE);
  const base = Number(text);
  if (!Number.isInteger(base) || base < 1024 || base > 65_400)
    throw new LocalFailure(`CROSSROADS_PORT_BASE is ${text}: set it to a number between 1024 and 65400.`);
  const portsOf = (first: number) =>
    Object.fromEntries(SERVICES.map((name) => [name, first + portOffsetOf(name)])) as Ports['services'];
  return {
    base,
    services: portsOf(base),
    forInstitutions: portsOf(base + FOR_INSTITUTIONS),
    signIn: base + 20,
    signInMtls: base + 21,
    portal: base + 30,
    institutions: base + 11,
    postgres: base + 32,
    kafka: base + 92,
    kafkaController: base + 93,
    kafkaForInstitutions: base + 94,
  };
};

/** @throws LocalFailure when another program listens on the port */
export const requireFree = async (port: number, what: string): Promise<void> => {
  if (!(await isFree(port)))
    throw new LocalFailure(
      `Port ${port}, meant for ${what}, is in use by another program: stop that program, or set CROSSROADS_PORT_BASE to move all ports (for example CROSSROADS_PORT_BASE=28100).`,
    );
};

export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (codeOf(error) === 'EADDRINUSE' ? resolve(false) : reject(error)));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });

const FIRST_TEST_PORT = 5_000;
const TEST_WORKERS = 8;
/** Given out: who asked may not listen there yet, or start a server there again. */
const given = new Set<number>();

/**
 * A free port. For tests, which start servers there again after they have killed them: neither an outgoing connection nor another worker of
 * Jest must get it meanwhile. From 5000 to 11999, below the blocks of tests/whole-mesh.ts.
 */
export const freePort = async (): Promise<number> => {
  const worker = Number(process.env['JEST_WORKER_ID'] ?? 0) % TEST_WORKERS;
  for (let attempt = 1; attempt <= 50; attempt++) {
    const port = FIRST_TEST_PORT + TEST_WORKERS * randomInt(0, 875) + worker;
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error('no port from 5000 to 11999 is free');
};
