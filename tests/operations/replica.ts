import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { probe, type ServiceName } from '@crossroads/local';
import { eventually, freePort } from '@crossroads/testing';
import type { WholeMesh } from '../whole-mesh.js';

/** As charts/mesh sets them, but shorter: ends that a test waits for. */
const SETTINGS = { DRAIN_MS: '1500', MAX_CONNECTION_AGE_MS: '20000' };

/** Of a process, whole: at these ports. */
export type EnvironmentAt = (port: number, healthPort: number) => Promise<NodeJS.ProcessEnv>;

/** As the mesh starts its own, but as in a cluster without the rights to migrate. */
const likeTheMeshs =
  (mesh: WholeMesh, service: ServiceName): EnvironmentAt =>
  async (port, healthPort) => ({
    ...process.env,
    ...(await mesh.local.environmentOf(service, port)),
    DATABASE_MIGRATOR_URL: '',
    KEYS_DATABASE_MIGRATOR_URL: '',
    HEALTH_PORT: String(healthPort),
    ...SETTINGS,
  });

/** One of several processes of a service, beside the one of the mesh: as a pod runs it, with a port for a kubelet's probes. */
export class Replica {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly mesh: WholeMesh,
    readonly service: ServiceName,
    readonly port: number,
    readonly healthPort: number,
    private readonly environment: EnvironmentAt,
  ) {}

  static async start(mesh: WholeMesh, service: ServiceName): Promise<Replica> {
    const replica = await Replica.at(mesh, service, likeTheMeshs(mesh, service));
    await replica.start();
    return replica;
  }

  /** One that has its ports, and is yet to be started. */
  static async at(mesh: WholeMesh, service: ServiceName, environment: EnvironmentAt): Promise<Replica> {
    return new Replica(mesh, service, await freePort(), await freePort(), environment);
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Its log, for whoever wants to know why. */
  get log(): string {
    return join(this.mesh.local.folder.logs, `${this.service}-${this.port}.log`);
  }

  /** Runs a command of the image to its end. Gives the exit code. */
  async run(command: string, environment: NodeJS.ProcessEnv): Promise<number | null> {
    const child = this.launch([command], environment);
    await once(child, 'exit');
    return child.exitCode;
  }

  /** Another process in place of one that has ended. Resolves when it is ready. */
  async start(): Promise<void> {
    const child = this.launch([], await this.environment(this.port, this.healthPort));
    this.child = child;
    await eventually(() => {
      if (child.exitCode !== null) throw new Error(`${this.service} ended with ${child.exitCode}: see ${this.log}`);
      return this.is('');
    }, Boolean);
  }

  /** What its HEALTH_PORT says of itself, or of one of the things that it needs. */
  is(name: string): Promise<boolean> {
    return probe(this.healthPort, name);
  }

  /** SIGTERM. Gives the exit code, or the signal that ended it all the same. */
  async stop(): Promise<number | NodeJS.Signals | null> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    return child.signalCode ?? child.exitCode;
  }

  private launch(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
    const main = this.mesh.local.mainOf(this.service);
    const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => appendFileSync(this.log, text));
    return child;
  }

  /** Ends it if it still runs, however. */
  kill(): void {
    this.child?.kill('SIGKILL');
  }
}
