import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { authorization } from '@crossroads/topology';
import { LocalFailure, messageOf } from '../failure.js';
import { ClusterMesh } from './cluster-mesh.js';
import { prepareDemo, prepareInfrastructure } from './prepare.js';
import { secretManifests } from './secrets.js';
import { serveSignIn } from './serve-sign-in.js';

/** The repository, four folders above the built file. */
const ROOT = dirname(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))));

const USAGE = `npm run --silent cluster -- COMMAND, for a laptop's cluster with charts/dev-infra
  secrets   prints all Secrets that the charts name, for kubectl apply -f -
  values    prints what charts/mesh has to know besides its profile, for helm -f -
  prepare   makes databases, roles, topics and ACLs, through the forwarded ports
  demo      registers the demo's institutions and people, through the forwarded ports; then helm test has whom to ask about
  sign-in   runs the provider by which the demo's citizens sign in, on this machine, until Ctrl-C
CROSSROADS_DATA (.crossroads/cluster) keeps certificates and keys; npm run crossroads finds the cluster by it.`;

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);

const commands: Readonly<Record<string, (mesh: ClusterMesh) => Promise<void>>> = {
  secrets: async (mesh) => print({ apiVersion: 'v1', kind: 'List', items: await secretManifests(mesh) }),
  values: async (mesh) =>
    print({
      services: { [authorization.name]: { env: { BOOTSTRAP_ADMINISTRATOR: await mesh.firstAdministrator() } } },
    }),
  prepare: prepareInfrastructure,
  demo: prepareDemo,
  'sign-in': serveSignIn,
};

const [name = '', ...more] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) && more.length === 0 ? commands[name] : undefined;
if (!command) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 2;
} else {
  try {
    const mesh = await ClusterMesh.open(process.env['CROSSROADS_DATA'] ?? join(ROOT, '.crossroads', 'cluster'));
    await command(mesh);
    // What `demo` wrote stays while the provider runs.
    if (name !== 'sign-in') await mesh.write();
  } catch (error) {
    process.stderr.write(`${error instanceof LocalFailure ? error.message : messageOf(error)}\n`);
    process.exitCode = 1;
  }
}
