// `npm run check`: one line a part; what a part has to say only when it fails.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './versions.mjs';

const built = ['libs', 'services'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .flatMap((name) => [`${folder}/${name}/dist`, `${folder}/${name}/test/dist`])
    .filter((path) => existsSync(join(ROOT, path))),
);

const parts = [
  { name: 'format', program: 'biome', args: ['format', '.'], hint: 'npx biome format --write .' },
  { name: 'lint', program: 'biome', args: ['lint', '--diagnostic-level=error', '.'] },
  { name: 'lint by type', program: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  { name: 'dependencies', program: 'depcruise', args: ['-c', '.dependency-cruiser.cjs', ...built, 'tests/dist'] },
  {
    name: 'unused files and exports, undeclared packages',
    program: 'knip',
    args: ['--no-progress', '--include', 'files,exports,types,unlisted,unresolved,binaries', '--no-config-hints'],
  },
  { name: 'contracts', program: 'buf', args: ['lint'], cwd: 'proto' },
  {
    name: 'contracts’ format',
    program: 'buf',
    args: ['format', '-d', '--exit-code'],
    cwd: 'proto',
    hint: 'cd proto && npx buf format -w',
  },
  { name: 'contracts break nobody', program: 'node', args: ['scripts/check-breaking.mjs'] },
  {
    name: 'licences',
    program: 'node',
    args: ['scripts/check-licenses.mjs'],
    hint: 'node scripts/check-licenses.mjs --write, if that is as it should be,',
  },
  { name: 'known weaknesses of dependencies', program: 'node', args: ['scripts/check-audit.mjs'] },
];

const run = ({ program, args, cwd = '.' }) =>
  new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: join(ROOT, cwd),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: '0' },
    });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.once('error', (error) => resolve({ ok: false, output: error.message }));
    child.once('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(output).toString('utf8').trim() }));
  });

let failed = 0;
for (const part of parts) {
  const began = Date.now();
  const { ok, output } = await run(part);
  console.log(`  ${ok ? 'ok    ' : 'FAILED'} ${part.name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  for (const line of output.split('\n')) if (line.startsWith('SKIPPED')) console.log(`         ${line}`);
  if (ok) continue;
  failed += 1;
  console.log(output);
  if (part.hint) console.log(`  ${part.hint} puts it right.`);
}
console.log(failed === 0 ? `${parts.length} checks passed` : `${failed} of ${parts.length} checks failed`);
process.exitCode = failed === 0 ? 0 : 1;
