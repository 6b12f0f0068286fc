import { benchDirectory } from './directory.bench.js';

/** `npm run bench -- directory` starts this as a process of its own: progress on the error output, the figures as JSON on the other. */
const {
  BENCH_MIGRATOR_URL: migratorUrl = '',
  BENCH_URL: url = '',
  BENCH_ROLE: appRole = '',
  BENCH_PERSONS: persons,
} = process.env;

const figures = await benchDirectory({
  migratorUrl,
  url,
  appRole,
  say: (line) => void process.stderr.write(`${line}\n`),
  ...(persons === undefined ? {} : { persons: Number(persons) }),
});
process.stdout.write(`${JSON.stringify(figures)}\n`);
