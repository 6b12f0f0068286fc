import { accessSync, constants, existsSync, readdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildStep, filesIn, runTool } from './build-step.mjs';
import { ROOT, TOOLCHAIN } from './versions.mjs';

const at = (...parts) => join(ROOT, ...parts);
const WORKSPACES = [at('libs'), at('services'), at('tests')];

export const install = ({ env }, quiet) =>
  buildStep({
    name: 'installing packages',
    quiet,
    inputs: () => [
      at('pnpm-lock.yaml'),
      at('pnpm-workspace.yaml'),
      at('package.json'),
      ...filesIn(WORKSPACES, (path) => path.endsWith('package.json')),
    ],
    outputs: [
      at('node_modules', '.modules.yaml'),
      at('node_modules', '.bin', 'tsc'),
      at('libs', 'local', 'node_modules'),
    ],
    // CI: never asks, and never installs anything but what the lock file says.
    run: () =>
      runTool('pnpm', ['install', '--frozen-lockfile', '--prod=false', ...store()], { env: { ...env, CI: 'true' } }),
  });

/** pnpm's store is shared by all projects of a user; without a home it lies in here. */
const store = () => {
  try {
    accessSync(homedir(), constants.W_OK);
    return [];
  } catch {
    return ['--store-dir', join(TOOLCHAIN, 'store')];
  }
};

export const generate = ({ env }, quiet) =>
  buildStep({
    name: 'generating contracts',
    quiet,
    inputs: () => [at('pnpm-lock.yaml'), at('scripts', 'generate.mjs'), ...filesIn([at('proto')])],
    outputs: [at('libs', 'contracts', 'src', 'crossroads'), at('libs', 'contracts', 'descriptors.binpb')],
    run: () => runTool(process.execPath, [at('scripts', 'generate.mjs')], { env }),
  });

export const build = ({ env }, quiet) =>
  buildStep({
    name: 'building',
    quiet,
    inputs: () => [
      at('pnpm-lock.yaml'),
      at('tsconfig.json'),
      at('tsconfig.base.json'),
      ...filesIn(WORKSPACES, (path) => /\.tsx?$|tsconfig\.json$/.test(path)),
    ],
    outputs: filesIn(WORKSPACES, (path) => path.endsWith('tsconfig.json')).map((path) => join(dirname(path), 'dist')),
    run: async () => {
      await runTool('tsc', ['-b'], { env });
      for (const workspace of filesIn(WORKSPACES, (path) => path.endsWith('tsconfig.json'))) prune(dirname(workspace));
    },
  });

/** tsc keeps the output of a source that was deleted, and Jest would go on running its specs. */
const prune = (folder) => {
  const dist = join(folder, 'dist');
  if (!existsSync(dist)) return;
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const base = /^(.*?)\.(?:d\.ts|js|js\.map|d\.ts\.map)$/.exec(file)?.[1];
    if (base === undefined) continue;
    const source = ['ts', 'tsx'].flatMap((ends) => [
      join(folder, `${base}.${ends}`),
      join(folder, 'src', `${base}.${ends}`),
    ]);
    if (!source.some((path) => existsSync(path))) rmSync(join(dist, file));
  }
};
