import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { buildStep, runTool, UserError } from './build-step.mjs';
import { NODE, PNPM, ROOT, TOOLCHAIN } from './versions.mjs';

export { ROOT };

const MIN_NODE_MAJOR = 20;

/** The folders with Node and pnpm, for the front of PATH, and the environment for tools. */
export const toolchain = async (quiet) => {
  const here = Number(process.versions.node.split('.')[0]);
  if (here < MIN_NODE_MAJOR)
    throw new UserError(
      `Node ${process.versions.node} is too old: install Node ${MIN_NODE_MAJOR} or newer (https://nodejs.org).`,
    );
  const needs = [];
  if (here < major(NODE)) needs.push('node');
  if (!atLeast(versionOf('pnpm'), PNPM)) needs.push('pnpm');
  const bin = join(TOOLCHAIN, 'node_modules', '.bin');
  if (needs.length > 0 && !isInstalled(bin, needs)) await install(needs, bin, quiet);
  const path = [
    needs.length > 0 ? bin : '',
    needs.includes('node') ? '' : dirname(process.execPath),
    join(ROOT, 'node_modules', '.bin'),
  ].filter(Boolean);
  return { path, env: { ...cleanEnvironment(), PATH: [...path, process.env.PATH].join(delimiter) } };
};

const major = (version) => Number(version.split('.')[0]);

const atLeast = (found, wanted) => {
  if (!found) return false;
  const [a, b] = [found, wanted].map((version) => version.split('.').map(Number));
  return a[0] === b[0] ? a[1] > b[1] || (a[1] === b[1] && a[2] >= b[2]) : a[0] > b[0];
};

const versionOf = (program) => {
  const asked = spawnSync(program, ['--version'], {
    encoding: 'utf8',
    cwd: '/',
    env: { ...process.env, pnpm_config_manage_package_manager_versions: 'false' },
  });
  return /^v?(\d+\.\d+\.\d+)/.exec(asked.stdout?.trim() ?? '')?.[1];
};

const WANTED = { node: NODE, pnpm: PNPM };

const isInstalled = (bin, needs) =>
  needs.every(
    (name) => existsSync(join(bin, name)) && major(versionOf(join(bin, name)) ?? '0') === major(WANTED[name]),
  );

const install = (needs, bin, quiet) =>
  buildStep({
    name: `fetching ${needs.map((name) => `${name} ${WANTED[name]}`).join(' and ')} through npm`,
    quiet,
    run: async () => {
      try {
        mkdirSync(TOOLCHAIN, { recursive: true });
        writeFileSync(join(TOOLCHAIN, 'package.json'), '{ "private": true }\n');
      } catch (error) {
        throw new UserError(
          `${TOOLCHAIN} cannot be written (${error.code}): run as the user who owns the repository, or free some space.`,
        );
      }
      // The package of the platform itself: `node` would fetch it from an install script, which many forbid.
      const packages = (node) => needs.map((name) => (name === 'node' ? `${NODE_PACKAGE}@${node}` : `pnpm@${PNPM}`));
      const flags = [
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--no-save',
        '--no-package-lock',
        '--include=optional',
        '--loglevel=error',
      ];
      const [npm, ...rest] = process.env.npm_execpath?.endsWith('npm-cli.js')
        ? [process.execPath, process.env.npm_execpath]
        : ['npm'];
      const options = { cwd: TOOLCHAIN, env: cleanEnvironment() };
      const installWith = (node) =>
        runTool(npm, [...rest, 'install', '--prefix', TOOLCHAIN, ...flags, ...packages(node)], options);
      // Some platforms' packages lag behind: then the newest of the same major.
      await installWith(NODE).catch((error) => {
        if (!/ETARGET|E404|No match/.test(error.message) || !needs.includes('node')) throw error;
        return installWith(`^${major(NODE)}`);
      });
      const pnpm = join(TOOLCHAIN, 'node_modules', 'pnpm');
      // What pnpm's own install script does: puts the program for this platform in its place.
      if (needs.includes('pnpm'))
        await runTool(process.execPath, ['install.js'], { cwd: pnpm, env: cleanEnvironment() });
      if (!isInstalled(bin, needs))
        throw new UserError(
          `The Node or pnpm that npm has for ${process.platform}-${process.arch} does not run here: install Node ${major(NODE)} and pnpm ${major(PNPM)} yourself.`,
        );
    },
  });

const NODE_PACKAGE = `node${process.platform === 'darwin' && process.arch === 'arm64' ? '-bin' : ''}-${process.platform}-${process.arch}`;

/** Without what npm hands to its scripts and what a user set for other projects: it would change what gets installed, and where. */
const cleanEnvironment = () => {
  const env = { ...process.env };
  for (const name of Object.keys(env))
    if (
      /^npm_(package_|lifecycle_|config_(global|prefix|local_prefix|global_prefix|omit|include|only|production|dry_run|workspaces?|workspace_root|ignore_scripts|before|save.*|package_lock|node_version|noproxy|npm_version)$)/i.test(
        name,
      )
    )
      delete env[name];
  delete env.NODE_ENV;
  delete env.NODE_OPTIONS;
  delete env.INIT_CWD;
  return env;
};
