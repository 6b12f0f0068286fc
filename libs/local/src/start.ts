import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { asSentence, dataFolderPath, openDataFolder } from './data-folder.js';
import { LocalFailure, messageOf } from './failure.js';
import { LocalMesh } from './local-mesh.js';
import { meshFile } from './mesh.js';
import { portsFrom } from './ports.js';
import { Screen } from './screen.js';
import type { RunTour } from './tour-seam.js';

/** The repository, three folders above the built file. */
const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

const USAGE = `npm start -- [--once] [--fresh] [--people DIR] [--no-tour]
  --once        leave after the guided tour; exit code 0 only when each step was verified
  --fresh       begin anew: empties the data folder
  --people DIR  people from a folder of the Flemish mock's layout instead of our own
  --no-tour     only the mesh, without demo institutions and people`;

const main = async (): Promise<number> => {
  const options = optionsFrom(process.argv.slice(2));
  if (options === undefined) return 2;
  const screen = new Screen();
  const path = dataFolderPath(ROOT);
  const ports = portsFrom();
  const folder = await openDataFolder(path, { fresh: options.fresh });
  const mesh = new LocalMesh({ root: ROOT, folder, ports, say: (line) => screen.say(line) });
  const stopped = stopRequested();
  try {
    const outcome = await Promise.race([stopped.then(() => 'stopped' as const), run(mesh, options, screen)]);
    if (outcome !== 'stopped') {
      if (options.once) return outcome ? 0 : 1;
      screen.say('Running. Ctrl-C stops everything.');
      await stopped;
    }
    return 0;
  } catch (error) {
    throw asSentence(error, path);
  } finally {
    screen.say('stopping');
    await mesh.stop();
    folder.release();
  }
};

/** False when a step of the tour was not verified. */
const run = async (mesh: LocalMesh, { people, tour }: Options, screen: Screen): Promise<boolean> => {
  await screen.step('PostgreSQL and Kafka', () => mesh.startInfrastructure());
  const { missing } = await screen.step('services', () => mesh.startServices());
  for (const name of missing) screen.say(`${name} is not built yet: left out`);
  const { broker, services } = mesh.mesh();
  if (broker.kind === 'embedded')
    screen.say(`No Kafka, since ${broker.why}: the log in PostgreSQL takes its place, for the mesh's own processes.`);
  const runTour = tour ? await findTour() : undefined;
  const verified = runTour
    ? await runTour({ mesh, say: (line) => screen.say(line), ...(people === undefined ? {} : { people }) })
    : true;
  screen.say('');
  for (const [name, { address }] of Object.entries(services)) screen.say(`${name.padEnd(22)} ${address}`);
  for (const [name, { address }] of Object.entries(mesh.mesh().institutions))
    screen.say(`${name.padEnd(22)} ${address}`);
  if (broker.kind === 'kafka') screen.say(`${'kafka'.padEnd(22)} ${broker.brokers.join(', ')} (TLS)`);
  screen.say(`${'postgresql'.padEnd(22)} localhost:${mesh.ports.postgres}`);
  screen.say(`${'how to reach it all'.padEnd(22)} ${meshFile(mesh.folder.path)}`);
  return verified;
};

/** The tour is found at run time: this part of the library does not depend on it. */
const findTour = async (): Promise<RunTour | undefined> => {
  const module: unknown = await import(new URL('./tour/run-tour.js', import.meta.url).href).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  });
  return hasTour(module) ? module.runTour : undefined;
};

const hasTour = (module: unknown): module is { runTour: RunTour } =>
  typeof module === 'object' && module !== null && 'runTour' in module && typeof module.runTour === 'function';

interface Options {
  readonly once: boolean;
  readonly fresh: boolean;
  readonly tour: boolean;
  readonly people?: string;
}

const optionsFrom = (args: string[]): Options | undefined => {
  try {
    const { values } = parseArgs({
      args,
      options: {
        once: { type: 'boolean', default: false },
        fresh: { type: 'boolean', default: false },
        'no-tour': { type: 'boolean', default: false },
        people: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) throw new LocalFailure('This starts the mesh on this machine.');
    const { once, fresh, people } = values;
    // Relative to where npm was called, which may be another folder than the repository.
    const base = process.env['INIT_CWD'] ?? process.cwd();
    return {
      once,
      fresh,
      tour: !values['no-tour'],
      ...(people === undefined ? {} : { people: resolve(base, people) }),
    };
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${USAGE}`);
    return undefined;
  }
};

/** Resolves at the first signal, or when the launcher is gone; a second Ctrl-C, two seconds later, ends at once. */
const stopRequested = (): Promise<void> =>
  new Promise((resolve) => {
    let first = 0;
    const stop = () => {
      if (first === 0) first = Date.now();
      else if (Date.now() - first > 2_000) process.exit(130);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
    process.once('disconnect', stop);
    process.channel?.unref();
  });

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof LocalFailure ? `\n${error.message}` : error);
  process.exitCode = 1;
}
