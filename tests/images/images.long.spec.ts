import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Institution } from '@crossroads/client';
import { ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import { RemoteError } from '@crossroads/grpc';
import { IDENTIFICATION, PURPOSES } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { SERVICES, type ServiceName, SERVICES_WITH_DATABASE } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT, WholeMesh } from '../whole-mesh.js';
import { migrationOf, ready, type ServiceInContainer, startBeside } from './beside-mesh.js';
import {
  absent,
  buildImage,
  MACHINE_NEEDS,
  makeBases,
  snapshotInto,
  temporaryFolder,
  tool,
  type UnpackedImage,
  unpack,
} from './buildah.js';
import { Container } from './container.js';

const MINUTE = 60_000;
const IMAGES = [...SERVICES, 'client'];
const missing = absent(MACHINE_NEEDS);
/** Building takes minutes, so it is done only with CROSSROADS_IMAGES=1. With `built` the images of the last run are tested. */
const wish = process.env['CROSSROADS_IMAGES'];
const asked = wish === '1' || wish === 'built';
const here = asked && missing.length === 0;
const why = asked ? `this machine has no ${missing.join(', ')}` : 'only with CROSSROADS_IMAGES=1: it takes minutes';

const DEVELOPMENT = 'authorization-development';
const AS_USER = 'chroot --userspec=10001:10001';
const REVISION = 'a'.repeat(40);
const SOURCE = 'https://crossroads.test/source';

const unpacked = new Map<string, UnpackedImage>();
const image = (name: string): UnpackedImage => {
  const found = unpacked.get(name);
  if (!found) throw new Error(`crossroads/${name} was not built`);
  return found;
};

/** The packages in an image as `name@version`, with the licence of their manifest. */
const modulesOf = (root: string): ReadonlyMap<string, string> => {
  const store = join(root, 'app', 'node_modules', '.pnpm');
  const manifests = readdirSync(store)
    .filter((entry) => existsSync(join(store, entry, 'node_modules')))
    .flatMap((entry) => {
      const name = /^(@[^+]+\+)?[^@]+/.exec(entry)?.[0].replace('+', '/') ?? entry;
      const file = join(store, entry, 'node_modules', name, 'package.json');
      return existsSync(file) ? [file] : [];
    });
  return new Map(
    manifests.map((file) => {
      const { name, version, license } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
      return [`${name}@${version}`, license ?? 'none'];
    }),
  );
};

interface Sbom {
  readonly components: readonly Component[];
}

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string };
    readonly expression?: string;
  }[];
}

const buildAll = (): void => {
  const versions = readFileSync(join(ROOT, 'scripts', 'versions.mjs'), 'utf8');
  makeBases(/NODE = '([^']+)'/.exec(versions)?.[1] ?? '');
  const context = temporaryFolder();
  snapshotInto(context.path);
  for (const name of IMAGES) buildImage(context.path, name, { REVISION, SOURCE });
  // As the Tiltfile builds it: with tar and a shell, and with code that the user owns.
  const development = { RUNTIME: 'localhost/crossroads-base', OWNER: '10001:10001' };
  buildImage(context.path, 'authorization', development, DEVELOPMENT);
  context.remove();
};

const { skip } = it;
if (!here) skip(`images are built and run (${why})`, () => {});
else
  describe('the images', () => {
    beforeAll(() => {
      if (wish === '1') buildAll();
      for (const name of [...IMAGES, DEVELOPMENT]) {
        const made = unpack(name);
        unpacked.set(name, made);
        process.stderr.write(`  crossroads/${name}: ${(made.bytes / 1e6).toFixed(0)} MB\n`);
      }
    }, 30 * MINUTE);

    afterAll(() => {
      for (const made of unpacked.values()) made.close();
    });

    describe.each(IMAGES)('crossroads/%s', (name) => {
      it('the image is below 250 MB, runs as an unprivileged user, and has the labels of its source', () => {
        const { bytes, config } = image(name);
        expect(bytes).toBeLessThan(250_000_000);
        expect(config.User).toBe('10001:10001');
        expect(config.StopSignal).toBe('SIGTERM');
        expect(config.Labels).toMatchObject({
          'org.opencontainers.image.title': `crossroads/${name}`,
          'org.opencontainers.image.source': SOURCE,
          'org.opencontainers.image.revision': REVISION,
          'org.opencontainers.image.version': '0.1.0',
          'org.opencontainers.image.licenses': 'Apache-2.0',
        });
      });

      it('the SBOM of the image lists every package with its licence', () => {
        const { root } = image(name);
        const { components } = JSON.parse(readFileSync(join(root, 'app', 'sbom.cdx.json'), 'utf8')) as Sbom;
        const listed = new Map(
          components.map(({ group, name: own, version, licenses = [] }) => [
            `${group ? `${group}/` : ''}${own}@${version}`,
            licenses.map(({ license, expression }) => expression ?? license?.id ?? license?.name).join(' '),
          ]),
        );
        const modules = modulesOf(root);
        expect(modules.size).toBeGreaterThan(20);
        const unlisted = [...modules].filter(
          ([id, licence]) => listed.get(id)?.replace(/[()]/g, '') !== licence.replace(/[()]/g, ''),
        );
        expect(unlisted).toEqual([]);
        const libraries = readdirSync(join(root, 'app', 'libs')).filter((library) => library !== name);
        for (const library of libraries) expect([...listed.keys()]).toContain(`@crossroads/${library}@0.1.0`);
      });

      it('the image can write only to /tmp, and has no shell and no package manager', async () => {
        const script = `
        const { accessSync, constants, existsSync, writeFileSync } = require('node:fs');
        const writable = (file) => { try { writeFileSync(file, ''); return true; } catch { return false; } };
        console.log(JSON.stringify({
          uid: process.getuid(), gid: process.getgid(),
          written: ['/app/x', '/app/main.js', '/x', '/etc/x', '/usr/local/bin/node', '/tmp/x'].filter(writable),
          there: ['/bin/sh', '/usr/bin/bash', '/usr/local/bin/npm', '/usr/bin/apt'].filter(existsSync),
        }));`;
        const container = new Container(image(name), { command: ['/usr/local/bin/node', '-e', script] });
        expect({ code: await container.ended(), said: container.output }).toEqual({
          code: 0,
          said: `${JSON.stringify({ uid: 10_001, gid: 10_001, written: ['/tmp/x'], there: [] })}\n`,
        });
      });
    });

    it('the client image contains the command line for institutions', async () => {
      const container = new Container(image('client'), { args: ['--help'] });
      expect(await container.ended()).toBe(0);
      expect(container.output).toContain('Usage: crossroads');
    });

    describe('images in a mesh, with the environment of the chart', () => {
      let mesh: WholeMesh;
      const running = new Map<ServiceName, ServiceInContainer>();

      beforeAll(async () => {
        mesh = await WholeMesh.start();
      });

      afterAll(async () => {
        for (const { container } of running.values()) container.kill();
        await mesh?.stop();
      }, MINUTE);

      it.each(SERVICES_WITH_DATABASE)(
        '%s migrates its databases, a second time too',
        async (service) => {
          const container = migrationOf(mesh, service, image(service));
          expect([await container.ended(), container.output]).toEqual([0, expect.not.stringContaining('Error')]);
        },
        MINUTE,
      );

      it.each(SERVICES)(
        '%s starts, read-only, and is ready',
        async (service) => {
          const started = await startBeside(mesh, service, image(service));
          running.set(service, started);
          await ready(started);
        },
        2 * MINUTE,
      );

      it(
        'the images of exchange and registry answer a consultation',
        async () => {
          const { people } = await mesh.load(mesh.population.people);
          const ssin = people[0]?.ssin ?? '';
          await mesh.decide('welfare-office');
          await mesh.inscribe('welfare-office', [ssin]);
          const { addresses, ...connection } = mesh.network.connection('welfare-office');
          const exchange = running.get('exchange')?.address ?? '';
          const institution = new Institution({ ...connection, addresses: { ...addresses, exchange } });
          const { legalContext } = PURPOSES['welfare-office'];
          const consult = async (): Promise<ConsultationStatus | string | undefined> => {
            try {
              const answer = await institution.consult({ ssin, legalContext, dataServices: [IDENTIFICATION] });
              return answer.results[0]?.status;
            } catch (error) {
              // The deliberation or the inscription may not have arrived yet.
              return error instanceof RemoteError ? JSON.stringify(error.metadata) : String(error);
            }
          };
          try {
            const found = ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND;
            await eventually(consult, (answer) => answer === found).catch(async () =>
              expect(await consult()).toBe(found),
            );
          } finally {
            institution.close();
          }
        },
        2 * MINUTE,
      );

      it.each(SERVICES)(
        '%s ends with 0 at the stop signal of its image',
        async (service) => {
          const code = await running.get(service)?.container.stop();
          expect(code).toBe(0);
        },
        MINUTE,
      );

      it(
        'an image for development runs code that Tilt has replaced in the running container',
        async () => {
          const development = image(DEVELOPMENT);
          const command = ['/usr/local/bin/node', '--watch', '--watch-preserve-output', '/app/main.js'];
          const started = await startBeside(mesh, 'authorization', development, { command, writable: true });
          running.set('authorization', started);
          await ready(started);
          const path = 'app/libs/configuration/dist/index.js';
          const changed = temporaryFolder();
          mkdirSync(join(changed.path, dirname(path)), { recursive: true });
          const code = readFileSync(join(development.root, path), 'utf8');
          writeFileSync(join(changed.path, path), `${code}\nconsole.log('this code is new');\n`);
          const began = Date.now();
          tool('sh', ['-c', `tar -c -C ${changed.path} ${path} | ${AS_USER} ${development.root} tar -x -C /`]);
          changed.remove();
          await eventually(
            () => started.container.output,
            (output) => output.includes('this code is new'),
            MINUTE,
          );
          await ready(started);
          process.stderr.write(`  from a changed file to a service that is ready: ${Date.now() - began} ms\n`);
        },
        2 * MINUTE,
      );
    });
  });
