import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** The scripts that start a control plane: KUBE_TOOL, or where they lie beside a checkout. */
const TOOL = process.env.KUBE_TOOL ?? join(ROOT, '..', 'shared', 'tools', 'kube');
const BIN = join(process.env.KUBE_CACHE ?? join(homedir(), '.cache', 'crossroads-kube'), 'bin');

/** Why there is no control plane to be had. The first build of its programs takes ten minutes, which no test begins. */
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

/** Runs a program to its end; what it said, and whether it was content. */
export const run = (program: string, args: readonly string[], { input, env }: RunOptions = {}): Promise<Outcome> =>
  new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(program, [...args], options, (error, stdout, stderr) =>
      resolve({ ok: error === null, stdout, stderr: stderr || (error?.message ?? '') }),
    );
    // A program that does not read its input is no failure of ours.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });

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

  /** @throws Error with what kubectl says, when it fails. */
  async mustKubectl(args: readonly string[], input?: string): Promise<string> {
    return succeeded(await this.kubectl(args, input), `kubectl ${args.join(' ')}`);
  }

  async stop(): Promise<void> {
    await run(join(TOOL, 'kube-down'), [], { env: this.env });
    await rm(this.folder, { recursive: true, force: true });
  }
}
