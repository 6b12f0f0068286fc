// The door to everything: `npm start`, `npm test`, `npm run check`, `npm run bench`, `npm run crossroads`, `npm run cluster`.
// Runs on Node 20 with npm and nothing else, so it is plain JavaScript without dependencies.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { hand } from './hand.mjs';
import { build, generate, install } from './prepare.mjs';
import { Trouble } from './step.mjs';
import { lineOf } from './test-reporter.mjs';
import { ROOT, toolchain } from './toolchain.mjs';

const commands = {
  start: (run) => run(['libs/local/dist/start.js', ...args]),
  test: (run) => test(run),
  bench: (run) => run([benchmark(), ...args]),
  check: (run) => run(['scripts/check.mjs', ...args]),
  crossroads: (run) => run([cli(), ...args], { cwd: process.env.INIT_CWD }),
  cluster: (run) => run(['libs/local/dist/cluster/main.js', ...args]),
  settings: (run) => run(['scripts/settings.mjs', ...args]),
  topology: (run) => run(['scripts/topology.mjs', ...args]),
  build: async () => 0,
};

const [, , name = 'start', ...args] = process.argv;

const main = async () => {
  if (!Object.hasOwn(commands, name))
    throw new Trouble(`there is no command ${name}; there are ${Object.keys(commands).join(', ')}`);
  // Their output is their user's, or another program's: nothing else goes to it.
  const quiet = name === 'crossroads' || name === 'cluster';
  const tools = await toolchain(quiet);
  await install(tools, quiet);
  await generate(tools, quiet);
  await build(tools, quiet);
  const env = { ...process.env, PATH: [...tools.path, process.env.PATH].join(delimiter) };
  return commands[name](([script, ...rest], { cwd = ROOT, flags = ['--enable-source-maps'], onMessage } = {}) =>
    hand('node', [...flags, join(ROOT, script), ...rest], { cwd, env }, onMessage),
  );
};

const test = async (run) => {
  let counts;
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const servers = [
    '--globalSetup',
    join(ROOT, 'scripts/test-setup.mjs'),
    '--globalTeardown',
    join(ROOT, 'scripts/test-teardown.mjs'),
  ];
  const jest = [
    'node_modules/jest/bin/jest.js',
    '-c',
    join(ROOT, 'jest.config.mjs'),
    '--maxWorkers=2',
    '--reporters',
    join(ROOT, 'scripts/test-reporter.mjs'),
    ...servers,
  ];
  const code = await run([...jest, ...args], { flags, onMessage: (message) => (counts = message.counts ?? counts) });
  console.log(counts ? lineOf(counts) : '0 passed, 1 failed');
  return counts?.failed === 0 ? code : code || 1;
};

const built = (file, what) => {
  if (!existsSync(join(ROOT, file))) throw new Trouble(`there ${what} in this version`);
  return file;
};
const benchmark = () => built('tests/dist/bench/main.js', 'are no benchmarks');
const cli = () => built('libs/client/dist/cli/crossroads.js', 'is no command line');

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
