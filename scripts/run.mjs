// The door to everything: `npm start`, `npm test`, `npm run check`, `npm run bench`, `npm run crossroads`.
// Runs on Node 20 with npm and nothing else, so it is plain JavaScript without dependencies.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { hand } from './hand.mjs';
import { build, generate, install } from './prepare.mjs';
import { Trouble } from './step.mjs';
import { ROOT, toolchain } from './toolchain.mjs';

const commands = {
  start: (run) => run('node', ['--enable-source-maps', 'libs/local/dist/start.js', ...args]),
  test: (run) => run('node', ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '-c', 'jest.config.mjs', '--maxWorkers=2', ...args]),
  bench: (run) => run('node', ['--enable-source-maps', benchmark(), ...args]),
  check: (run) => run('node', ['scripts/check.mjs', ...args]),
  crossroads: (run) => run('node', ['--enable-source-maps', 'libs/client/dist/bin.js', ...args], process.env.INIT_CWD),
  build: async () => 0,
};

const [, , name = 'start', ...args] = process.argv;

const main = async () => {
  if (!Object.hasOwn(commands, name)) throw new Trouble(`there is no command ${name}; there are ${Object.keys(commands).join(', ')}`);
  // The CLI's output is its user's: nothing else goes to it.
  const quiet = name === 'crossroads';
  const tools = await toolchain(quiet);
  await install(tools, quiet);
  await generate(tools, quiet);
  await build(tools, quiet);
  return commands[name]((program, rest, cwd = ROOT) =>
    hand(program, rest.map((part, at) => (at < 6 && existsSync(join(ROOT, part)) && part.includes('/') ? join(ROOT, part) : part)), {
      cwd,
      env: { ...process.env, PATH: [...tools.path, process.env.PATH].join(delimiter) },
    }),
  );
};

function benchmark() {
  const file = 'tests/dist/bench/main.js';
  if (!existsSync(join(ROOT, file))) throw new Trouble('there are no benchmarks in this version');
  return file;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
