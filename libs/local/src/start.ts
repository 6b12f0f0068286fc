import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { dataFolderPath, explainFolderError, openDataFolder } from './data-folder.js';
import { LocalFailure, messageOf } from './failure.js';
import { LocalMesh } from './local-mesh.js';
import { meshFile } from './mesh.js';
import { DEFAULT_PORT_BASE, portsFrom } from './ports.js';
import { Screen } from './screen.js';
import { runTour } from './tour/run-tour.js';

/** The repository: this file is `libs/local/dist/start.js`. */
const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

const USAGE = `Usage: npm start -- [options]

Starts PostgreSQL, Kafka and all services on this machine, runs the guided tour, and runs until Ctrl-C.

Options:
  --once        stop after the guided tour; exit code 0 only when every check passed
  --fresh       empty the data folder first
  --people DIR  take people from a folder in the layout of the Flemish mock instead of generated people
  --no-tour     start the mesh only, without demo institutions and people
  --help        print this text

Environment:
  CROSSROADS_DATA       the data folder (default: .crossroads in the repository)
  CROSSROADS_PORT_BASE  the first port (default: ${DEFAULT_PORT_BASE})
  More settings are in libs/local/README.md.`;

const main = async (): Promise<number> => {
  const options = optionsFrom(process.argv.slice(2));
  if (options === 'help') {
    console.log(USAGE);
    return 0;
  }
  if (options === 'invalid') return 2;
  const screen = new Screen();
  const path = dataFolderPath(ROOT);
  const ports = portsFrom();
  const folder = await openDataFolder(path, { fresh: options.fresh });
  const mesh = new LocalMesh({ root: ROOT, folder, ports, report: (line) => screen.print(line) });
  const stopped = stopRequested();
  try {
    const outcome = await Promise.race([stopped.then(() => 'stopped' as const), run(mesh, options, screen)]);
    if (options.once) return outcome === true ? 0 : 1;
    if (outcome !== 'stopped') {
      screen.print('Running. Ctrl-C stops everything.');
      await stopped;
    }
    return 0;
  } catch (error) {
    throw explainFolderError(error, path);
  } finally {
    screen.print('stopping');
    await mesh.stop();
    folder.release();
  }
};

/** False when a check of the tour failed. */
const run = async (mesh: LocalMesh, { people, tour }: Options, screen: Screen): Promise<boolean> => {
  await screen.step('PostgreSQL and Kafka', () => mesh.startInfrastructure());
  const { missing } = await screen.step('services', () => mesh.startServices());
  for (const name of missing) screen.print(`${name} is not built, and is not started`);
  const { broker, services } = mesh.mesh();
  if (broker.kind === 'embedded')
    screen.print(`No Kafka (${broker.why}): a log in PostgreSQL replaces it for the processes of the mesh.`);
  if (broker.kind === 'kafka') screen.print(`  Kafka runs ${mesh.kafkaRuns ?? ''}`);
  const verified = tour ? await runTour({ mesh, people, report: (line) => screen.print(line) }) : true;
  screen.print('');
  for (const [name, { address, institutionsAddress, url }] of Object.entries(services))
    screen.print(`${name.padEnd(22)} ${url ?? institutionsAddress ?? address}`);
  for (const [name, { address }] of Object.entries(mesh.mesh().institutions))
    screen.print(`${name.padEnd(22)} ${address}`);
  if (broker.kind === 'kafka') screen.print(`${'kafka'.padEnd(22)} ${broker.institutionBrokers.join(', ')} (TLS)`);
  screen.print(`${'postgresql'.padEnd(22)} localhost:${mesh.ports.postgres}`);
  screen.print(`${'all addresses and keys'.padEnd(22)} ${meshFile(mesh.folder.path)}`);
  return verified;
};

interface Options {
  readonly once: boolean;
  readonly fresh: boolean;
  readonly tour: boolean;
  readonly people: string | undefined;
}

const optionsFrom = (args: string[]): Options | 'help' | 'invalid' => {
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
    if (values.help) return 'help';
    const { once, fresh, people } = values;
    // Relative to where npm was called, which may be another folder than the repository.
    const base = process.env['INIT_CWD'] ?? process.cwd();
    return {
      once,
      fresh,
      tour: !values['no-tour'],
      people: people === undefined ? undefined : resolve(base, people),
    };
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${USAGE}`);
    return 'invalid';
  }
};

/** Resolves at the first signal, or when the launcher has ended. A second Ctrl-C at least two seconds later exits at once. */
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
