// What images and the SDK are made of, by licence: only those allowed here, and all of it in THIRD-PARTY.txt, so that a new dependency
// is seen in review. `node scripts/check-licenses.mjs --write` writes it.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './versions.mjs';

/** Permissive ones: they ask for their text to be kept, which stays in each package. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT', 'Unlicense'];
const LIST = join(ROOT, 'THIRD-PARTY.txt');

const isAllowed = (licence) =>
  licence
    .replace(/[()]/g, '')
    .split(/ AND /)
    .every((part) => part.split(/ OR /).some((one) => ALLOWED.includes(one)));

const shipped = ['--filter-prod=./services/*...', '--filter-prod=@crossroads/client...'];
const listed = spawnSync('pnpm', ['-r', ...shipped, 'licenses', 'list', '--prod', '--json'], {
  cwd: ROOT,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
});
if (listed.status !== 0) throw new Error(`pnpm licenses failed: ${listed.stderr}${listed.stdout}`);

const packages = Object.entries(JSON.parse(listed.stdout)).flatMap(([licence, some]) =>
  some.map(({ name, author, homepage }) => ({ name, licence, author, homepage })),
);
const lines = [...new Set(packages.map(({ name, licence }) => `${name} ${licence}`))].sort((a, b) => (a < b ? -1 : 1));
const text = `What the services' images and the SDK are made of, besides this repository's own code, with each package's licence.\n\n${lines.join('\n')}\n`;

if (process.argv.includes('--write')) writeFileSync(LIST, text);

const refused = packages.filter(({ licence }) => !isAllowed(licence));
for (const { name, licence } of refused)
  console.log(`${name}: its licence ${licence} is not one of ${ALLOWED.join(', ')}`);
const written = existsSync(LIST) ? readFileSync(LIST, 'utf8') : '';
if (written !== text) {
  const [before, now] = [new Set(written.split('\n')), new Set(text.split('\n'))];
  for (const line of now) if (!before.has(line)) console.log(`not in THIRD-PARTY.txt: ${line}`);
  for (const line of before) if (!now.has(line)) console.log(`in THIRD-PARTY.txt, and not used: ${line}`);
}
if (refused.length > 0 || written !== text) process.exitCode = 1;
