// Behind every npm script: installs and builds what has changed, then runs the command. It has to run on Node 20 and npm alone, so
// it is plain JavaScript without dependencies.
import { delimiter, join } from 'node:path';
import { UserError } from './build-step.mjs';
import { runInForeground } from './foreground.mjs';
import { summaryOf } from './jest-reporter.mjs';
import { build, generate, install } from './prepare.mjs';
import { ROOT, toolchain } from './toolchain.mjs';

const commands = {
  start: (run) => run(['libs/local/dist/start.js', ...args]),
  test: (run) => test(run, 'short'),
  'test:long': (run) => test(run, 'long'),
  bench: (run) => run(['tests/dist/bench/main.js', ...args]),
  check: (run) => run(['scripts/check.mjs', ...args]),
  crossroads: (run) => run(['libs/client/dist/cli/crossroads.js', ...args], { cwd: process.env.INIT_CWD }),
  cluster: (run) => run(['libs/local/dist/cluster/main.js', ...args]),
  'data-service': (run) => run(['scripts/data-service.mjs', ...args]),
  settings: (run) => run(['scripts/settings.mjs', ...args]),
  topology: (run) => run(['scripts/topology.mjs', ...args]),
  schemas: (run) => run(['scripts/schemas.mjs', ...args]),
  build: async () => 0,
};

const [, , name = 'start', ...args] = process.argv;

const main = async () => {
  if (!Object.hasOwn(commands, name))
    throw new UserError(`there is no command ${name}; there are ${Object.keys(commands).join(', ')}`);
  // Their output may be another program's input.
  const quiet = name === 'crossroads' || name === 'cluster';
  const tools = await toolchain(quiet);
  await install(tools, quiet);
  await generate(tools, quiet);
  await build(tools, quiet);
  const env = { ...process.env, PATH: [...tools.path, process.env.PATH].join(delimiter) };
  return commands[name](
    ([script, ...rest], { cwd = ROOT, flags = ['--enable-source-maps'], env: own = {}, onMessage } = {}) =>
      runInForeground('node', [...flags, join(ROOT, script), ...rest], { cwd, env: { ...env, ...own } }, onMessage),
  );
};

/** jest.config.mjs says which specs are long. */
const test = async (run, duration) => {
  let counts;
  const code = await run(['node_modules/jest/bin/jest.js', '-c', join(ROOT, 'jest.config.mjs'), ...args], {
    flags: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    env: { TEST_DURATION: duration },
    onMessage: (message) => (counts = message.counts ?? counts),
  });
  console.log(counts ? summaryOf(counts) : '0 passed, 1 failed');
  return counts?.failed === 0 ? code : code || 1;
};

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
