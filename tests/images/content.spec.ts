import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { portal, SERVICES } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../whole-mesh.js';

const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');
const IMAGES = [...SERVICES, 'client'];

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
}
const manifestIn = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** The packages that compiled code imports. */
const importedBy = (code: string): string[] =>
  [...code.matchAll(/^(?:import|export)\s+(?:[\w*{}\s,$]+\sfrom\s+)?'([^'.][^']*)'|\bimport\('([^'.][^']*)'\)/gm)]
    .map(([, from, dynamic]) => from ?? dynamic ?? '')
    .filter((specifier) => !specifier.startsWith('node:') && !builtinModules.includes(specifier))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));

describe('the Dockerfile', () => {
  const dockerfile = read('services', 'Dockerfile');
  const instructions = dockerfile.split('\n').filter((line) => /^[A-Z]+ /.test(line));
  const last = (name: string) => instructions.findLast((line) => line.startsWith(`${name} `));

  it('the Dockerfile runs one program as a numeric user, and stops it with SIGTERM', () => {
    expect(last('USER')).toBe('USER 10001:10001');
    expect(last('ENTRYPOINT')).toBe(
      'ENTRYPOINT ["/usr/local/bin/node", "--max-semi-space-size=16", "--heap-growing-percent=200", "/app/main.js"]',
    );
    expect(last('STOPSIGNAL')).toBe('STOPSIGNAL SIGTERM');
    expect(instructions.some((line) => /^(CMD|HEALTHCHECK|EXPOSE|VOLUME) /.test(line))).toBe(false);
  });

  it('the Dockerfile sets the labels of OCI', () => {
    for (const label of ['title', 'source', 'revision', 'version', 'licenses'])
      expect(dockerfile).toContain(`org.opencontainers.image.${label}=`);
  });

  it('the Dockerfile uses the versions of Node and pnpm of the repository', () => {
    const versions = read('scripts', 'versions.mjs');
    const version = (name: string) => new RegExp(`export const ${name} = '([^']+)'`).exec(versions)?.[1] ?? 'absent';
    expect(dockerfile).toContain(`ARG PNPM=${version('PNPM')}`);
    expect(dockerfile).toContain(`ARG BASE=docker.io/library/node:${version('NODE').split('.')[0]}-`);
  });

  it('the Dockerfile names programs and scripts that exist', () => {
    const scripts = [...dockerfile.matchAll(/\bnode (\S+\.mjs)/g)].map(([, path = '']) => path);
    expect(scripts).toEqual(['scripts/image-content.mjs']);
    for (const path of [...scripts, 'services', 'libs/client/tsconfig.json', 'LICENSE'])
      expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
  });
});

describe('.dockerignore', () => {
  const lines = read('.dockerignore')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  const admitted = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));

  it('.dockerignore admits only files that a build needs, and each of them exists', () => {
    expect(lines[0]).toBe('*');
    for (const path of admitted) expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
    for (const path of ['pnpm-lock.yaml', 'tsconfig.base.json', 'proto', 'libs', 'services', 'scripts'])
      expect(admitted).toContain(path);
  });

  it('.dockerignore excludes build output and data folders', () => {
    for (const path of ['**/dist', '**/node_modules', '**/*.tsbuildinfo', '**/.*', 'libs/contracts/src'])
      expect(lines).toContain(path);
  });
});

describe.each(IMAGES)('the content of crossroads/%s', (image) => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-image-'));
  const app = join(folder, 'app');
  let packages: string[];
  let files: string[];

  beforeAll(() => {
    const program = join(ROOT, 'scripts', 'image-content.mjs');
    const laidOut = spawnSync(process.execPath, [program, image, folder], { encoding: 'utf8' });
    expect(laidOut.stderr).toBe('');
    packages = laidOut.stdout.trim().split('\n');
    files = readdirSync(app, { recursive: true, encoding: 'utf8' });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('an image contains no source, spec, type declaration or key', () => {
    // What a package exports besides its code: reference data, and what pages are made of.
    const exported = packages.flatMap((path) =>
      Object.values(manifestIn(join(folder, 'manifests', path)).exports ?? {}).map((target) =>
        join(path, String(target)),
      ),
    );
    const others = files.filter((file) => /\.[a-z]+$/.test(file) && !exported.includes(file));
    expect(new Set(others.map((file) => file.split('.').pop()))).toEqual(new Set(['js']));
    const kinds = new Set(exported.filter((file) => files.includes(file)).map((file) => file.split('.').pop()));
    const pages = image === portal.name ? ['scss', 'mjs', 'svg'] : [];
    expect([...kinds].filter((kind) => !['json', 'binpb'].includes(kind ?? ''))).toEqual(pages);
    expect(files.filter((file) => /\.spec\.|\.bench\.|\/test\/|(^|\/)\./.test(file))).toEqual([]);
    expect(files).toContain('main.js');
  });

  it('each package that the code of an image imports is a dependency of the importing package', () => {
    const names = new Set(packages.map((path) => manifestIn(join(folder, 'manifests', path)).name));
    const missing = packages.flatMap((path) => {
      const { dependencies = {} } = manifestIn(join(folder, 'manifests', path));
      const code = files.filter((file) => file.startsWith(`${path}/`) && file.endsWith('.js'));
      return code
        .flatMap((file) => importedBy(readFileSync(join(app, file), 'utf8')).map((name) => ({ file, name })))
        .filter(({ name }) => !dependencies[name] || (name.startsWith('@crossroads/') && !names.has(name)));
    });
    expect(missing).toEqual([]);
  });

  it('an image holds the SDK of S3 only if its service stores documents or archives a journal', () => {
    expect(packages.includes('libs/document')).toBe(
      ['ebox', 'exchange', 'reference-directory', 'subscription'].includes(image),
    );
  });

  it('an image contains no package for tests or for the local mesh', () => {
    for (const name of ['libs/local', 'libs/testing', 'tests']) expect(packages).not.toContain(name);
  });
});
