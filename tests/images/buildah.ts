import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { ROOT } from '../whole-mesh.js';

const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'crossroads-images');
const BASES = { BASE: 'localhost/crossroads-base', RUNTIME: 'localhost/crossroads-runtime' };

export const MACHINE_NEEDS = ['buildah', 'debootstrap', 'dpkg-deb', 'npm', 'crun', 'unshare'];

/** The required programs that are not installed. */
export const absent = (programs: readonly string[]): string[] => {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return programs.filter((program) => !folders.some((folder) => existsSync(join(folder, program))));
};

/** @throws an error with the end of the program's output */
export const tool = (program: string, args: readonly string[], cwd = ROOT): string => {
  const done = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (done.status === 0) return done.stdout.trim();
  const said = `${done.stdout ?? ''}\n${done.stderr ?? ''}${done.error?.message ?? ''}`.trim().split('\n');
  throw new Error(`${program} ${args.join(' ')} failed:\n${said.slice(-30).join('\n')}`);
};

const buildah = (...args: readonly string[]): string => tool('buildah', args);

/** Makes the base images on this machine, without a registry. */
export const makeBases = (node: string): void => {
  tool(join(ROOT, 'tests', 'images', 'make-bases.sh'), [node, CACHE]);
};

/** Copies the working tree, so that all images are built from the same state while files are edited. */
export const snapshotInto = (folder: string): void => {
  const wanted = (path: string): boolean => !/^(dist|node_modules|\..*)$|\.tsbuildinfo$/.test(basename(path));
  for (const name of ['LICENSE', 'package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'tsconfig.base.json'])
    cpSync(join(ROOT, name), join(folder, name));
  for (const name of ['libs', 'proto', 'scripts', 'services'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter: wanted });
  cpSync(join(ROOT, '.dockerignore'), join(folder, '.dockerignore'));
};

/** Builds without a daemon: every RUN is a chroot with the network of this machine. */
export const buildImage = (
  context: string,
  service: string,
  args: Readonly<Record<string, string>>,
  name = service,
): void => {
  const buildArgs = Object.entries({ ...BASES, SERVICE: service, ...args }).flatMap(([argument, value]) => [
    '--build-arg',
    `${argument}=${value}`,
  ]);
  const how = ['--isolation', 'chroot', '--network', 'host', '--layers', '--pull-never'];
  buildah('build', ...how, '-f', join(context, 'services', 'Dockerfile'), ...buildArgs, '-t', nameOf(name), context);
};

const nameOf = (service: string): string => `localhost/crossroads/${service}`;

export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly WorkingDir: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal: string;
}

/** The unpacked file system of an image, until `close`. */
export interface UnpackedImage {
  readonly config: ImageConfig;
  readonly root: string;
  /** The size of its files. */
  readonly bytes: number;
  close(): void;
}

export const unpack = (service: string): UnpackedImage => {
  const inspected = JSON.parse(buildah('inspect', '--type', 'image', nameOf(service))) as {
    readonly OCIv1: { readonly config: ImageConfig };
  };
  const container = buildah('from', '--pull-never', nameOf(service));
  const root = buildah('mount', container);
  return {
    config: inspected.OCIv1.config,
    root,
    bytes: Number(tool('du', ['-s', '--block-size=1', root]).split('\t')[0]),
    close: () => void buildah('rm', container),
  };
};

/** A temporary folder; `remove` deletes it. */
export const temporaryFolder = (): { readonly path: string; remove(): void } => {
  const path = mkdtempSync(join(tmpdir(), 'crossroads-images-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};
