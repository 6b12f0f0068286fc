import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MeshConnection } from '@crossroads/client';
import { renderedObjects, specOf } from './rendered.js';

const CLIENT = join(import.meta.dirname, '..', '..', '..', 'libs', 'client', 'dist', 'cli', 'crossroads.js');
/** The folder of all mounts of the chart. */
const MOUNTS = '/etc/crossroads';

interface Pod {
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly env: readonly { readonly name: string; readonly value: string }[];
  }[];
}

export interface HelmTest extends Pick<MeshConnection, 'requestKey' | 'tls' | 'trustDomain'> {
  /** `host:port` by service. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly ssin: string;
}

export interface HelmTestResult {
  readonly code: number | null;
  /** The log of the pod. */
  readonly log: string;
}

/** Runs the command of the `helm test` pod, with the arguments, environment and files that the chart renders, against this mesh. */
export const runConsultationPod = async ({
  tls,
  trustDomain,
  requestKey,
  addresses,
  ssin,
}: HelmTest): Promise<HelmTestResult> => {
  const objects = renderedObjects('production');
  const [container] = specOf<Pod>(objects, 'Pod', 'mesh-test-consultation').containers;
  const meshJson = objects.find(({ metadata }) => metadata.name === 'mesh-test-mesh')?.data?.['mesh.json'];
  if (!container || meshJson === undefined) throw new Error('the example of profile production has no test');
  const root = mkdtempSync(join(tmpdir(), 'crossroads-helm-test-'));
  const here = (text: string) => text.replaceAll(MOUNTS, root);
  try {
    for (const folder of ['tls', 'request', 'mesh']) mkdirSync(join(root, folder));
    copyFileSync(tls.ca, join(root, 'tls', 'ca.crt'));
    copyFileSync(tls.cert, join(root, 'tls', 'tls.crt'));
    copyFileSync(tls.key, join(root, 'tls', 'tls.key'));
    writeFileSync(join(root, 'request', 'ssin'), ssin);
    writeFileSync(join(root, 'request', 'official-key.pem'), requestKey?.privatePem ?? '');
    const reached = Object.entries(addresses).reduce(
      (text, [service, address]) => text.replace(`"${service}:50053"`, JSON.stringify(address)),
      here(meshJson).replace('mesh.example.org', trustDomain),
    );
    writeFileSync(join(root, 'mesh', 'mesh.json'), reached);
    const environment = Object.fromEntries(container.env.map(({ name, value }) => [name, here(value)]));
    return await run(container.args.map(here), environment);
  } finally {
    rmSync(root, { recursive: true });
  }
};

const run = (args: readonly string[], environment: Readonly<Record<string, string>>): Promise<HelmTestResult> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLIENT, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, log: Buffer.concat(said).toString('utf8') }));
  });
