import { IDENTIFICATION, PURPOSES, SERVICES } from '@crossroads/local';
import { WholeMesh } from '../whole-mesh.js';
import { generatedPeople, generatedSsins } from '../people.js';
import { processorMs, residentMb } from '../processes.js';

export const PEOPLE = 2_000;
export const SSINS = generatedSsins(PEOPLE);

/** The mesh shared by benchmarks, started at the first call. */
export const benchMesh = (report: (line: string) => void): Promise<WholeMesh> => {
  started ??= startBenchMesh(report);
  return started;
};

let started: Promise<WholeMesh> | undefined;

export const stopBenchMesh = async (): Promise<void> => {
  const running = started;
  started = undefined;
  const mesh = await running?.catch(() => undefined);
  await mesh?.stop();
};

/** Starts a mesh with these settings. */
export const startBenchMesh = async (
  report: (line: string) => void,
  environment: Readonly<Record<string, string>> = {},
): Promise<WholeMesh> => {
  const mesh = await WholeMesh.start({ environment: { LOG_LEVEL: 'warn', ...environment } });
  await mesh.load(() => generatedPeople(PEOPLE));
  await mesh.decide('health-fund', 'welfare-office');
  await mesh.inscribe('health-fund', SSINS);
  await mesh.inscribe('welfare-office', SSINS);
  report(`${PEOPLE} people registered and inscribed`);
  return mesh;
};

export const consult = (mesh: WholeMesh, n: number): Promise<unknown> =>
  mesh.as('welfare-office').consult({
    ssin: SSINS[n % PEOPLE] ?? '',
    legalContext: PURPOSES['welfare-office'].legalContext,
    dataServices: [IDENTIFICATION],
  });

/** Without PostgreSQL, which is idle when it has no queries. */
const PROCESSES = [...SERVICES, 'kafka'];

/** Suspends the processes of the mesh, so that they use no processor time. For a few seconds only: then connections time out. */
export const whilePaused = async <Result>(mesh: WholeMesh, work: () => Promise<Result>): Promise<Result> => {
  const pids = PROCESSES.flatMap((name) => mesh.local.process(name)?.pid ?? []);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    return await work();
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
};

/** Processor time of each service and of this process since its start, in milliseconds. */
export const processorTimes = (mesh: WholeMesh): Map<string, number> =>
  new Map([...PROCESSES.flatMap((name) => timeOf(mesh, name)), ['clients', ownMs()]]);

const timeOf = (mesh: WholeMesh, name: string): [string, number][] => {
  const pid = mesh.local.process(name)?.pid;
  return pid === undefined ? [] : [[name, processorMs(pid)]];
};

const ownMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** Processor milliseconds per operation of each process: `exchange 1.20, …`. */
export const perOperation = (
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  operations: number,
): string =>
  [...after]
    .map(([name, ms]) => [name, (ms - (before.get(name) ?? 0)) / operations] as const)
    .filter(([, ms]) => ms >= 0.005)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, ms]) => `${name} ${ms.toFixed(2)}`)
    .join(', ');

export const residentOfServices = (mesh: WholeMesh): Map<string, number> =>
  new Map(SERVICES.map((name) => [name, residentMb(mesh.pidOf(name))]));
