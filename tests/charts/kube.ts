import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** The folder of the scripts that start a control plane: KUBE_TOOL, or a folder beside the repository. */
const TOOL = process.env.KUBE_TOOL ?? join(ROOT, '..', 'shared', 'tools', 'kube');
const BIN = join(process.env.KUBE_CACHE ?? join(homedir(), '.cache', 'crossroads-kube'), 'bin');

/** Why there is no control plane; undefined when there is one. A test never builds its programs, because that takes ten minutes. */
export const noKube = (): string | undefined => {
  if (!existsSync(join(TOOL, 'kube-up'))) return `no kube-up in ${TOOL}: set KUBE_TOOL`;
  if (spawnSync('go', ['version']).error) return 'no Go, without which kube-up does not start';
  const absent = ['kube-apiserver', 'kubectl', 'helm', 'kwok'].filter((name) => !existsSync(join(BIN, name)));
  return absent.length > 0 ? `${absent.join(', ')} not built: run ${join(TOOL, 'kube-up')} --build` : undefined;
};

export interface Outcome {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program to its end. Resolves to its output, and whether it succeeded. */
export const run = (program: string, args: readonly string[], { input, env }: RunOptions = {}): Promise<Outcome> =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(program, [...args], options, (error, stdout, stderr) =>
      resolve({ ok: error === null, stdout, stderr: warningsIn(stderr) || (error?.message ?? '') }),
    );
    // The program may end without reading its input.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });

/** Without what the Kubernetes client logs for information (klog: `I1127 …`), such as a watch that it opens again. */
const warningsIn = (stderr: string): string =>
  stderr
    .split('\n')
    .filter((line) => !/^I\d{4} /.test(line))
    .join('\n');

const succeeded = ({ ok, stdout, stderr }: Outcome, what: string): string => {
  if (!ok) throw new Error(`${what}: ${stderr}${stdout}`);
  return stdout;
};

/** A real API server with controllers and scheduler; pods are simulated. */
export class ControlPlane {
  private constructor(
    private readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  static async start(): Promise<ControlPlane> {
    const folder = await mkdtemp(join(tmpdir(), 'crossroads-kube-'));
    const env = { KUBE_RUN: folder, KUBE_PORT: '' };
    const kubeconfig = succeeded(await run(join(TOOL, 'kube-up'), [], { env }), 'kube-up').trim();
    return new ControlPlane(folder, { ...env, KUBECONFIG: kubeconfig });
  }

  helm(...args: readonly string[]): Promise<Outcome> {
    return run(join(BIN, 'helm'), args, { env: this.env });
  }

  kubectl(args: readonly string[], input?: string): Promise<Outcome> {
    return run(join(BIN, 'kubectl'), args, { env: this.env, ...(input === undefined ? {} : { input }) });
  }

  /** @throws Error with the output of kubectl when it fails */
  async mustKubectl(args: readonly string[], input?: string): Promise<string> {
    return succeeded(await this.kubectl(args, input), `kubectl ${args.join(' ')}`);
  }

  async stop(): Promise<void> {
    await run(join(TOOL, 'kube-down'), [], { env: this.env });
    await rm(this.folder, { recursive: true, force: true });
  }
}
