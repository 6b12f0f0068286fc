import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { probe, type ServiceName } from '@crossroads/local';
import { eventually, freePort } from '@crossroads/testing';
import type { WholeMesh } from '../whole-mesh.js';

/** Shorter than in charts/mesh, because a test waits for them. */
const SETTINGS = { DRAIN_MS: '1500', MAX_CONNECTION_AGE_MS: '20000' };

/** Where a process listens: for services, for institutions, and for a kubelet. */
export interface ReplicaPorts {
  readonly port: number;
  readonly institutionsPort: number;
  readonly healthPort: number;
}

/** The whole environment of a process that listens on these ports. */
export type EnvironmentAt = (ports: ReplicaPorts) => Promise<NodeJS.ProcessEnv>;

/** The environment of the mesh's own process, without the right to migrate, as in a cluster; with these settings changed. */
export const environmentLikeMesh =
  (mesh: WholeMesh, service: ServiceName, changes: NodeJS.ProcessEnv = {}): EnvironmentAt =>
  async ({ port, institutionsPort, healthPort }) => ({
    ...process.env,
    ...(await mesh.local.environmentOf(service, port, institutionsPort)),
    DATABASE_MIGRATOR_URL: '',
    KEYS_DATABASE_MIGRATOR_URL: '',
    HEALTH_PORT: String(healthPort),
    ...SETTINGS,
    ...changes,
  });

/** A further process of a service of the mesh, with a port for health probes, as in a pod. */
export class Replica {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly mesh: WholeMesh,
    readonly service: ServiceName,
    readonly ports: ReplicaPorts,
    private readonly environment: EnvironmentAt,
  ) {}

  static async start(mesh: WholeMesh, service: ServiceName): Promise<Replica> {
    const replica = await Replica.at(mesh, service, environmentLikeMesh(mesh, service));
    await replica.start();
    return replica;
  }

  /** Assigns ports without starting it. */
  static async at(
    mesh: WholeMesh,
    service: ServiceName,
    environment: EnvironmentAt,
    given: Partial<ReplicaPorts> = {},
  ): Promise<Replica> {
    const ports = {
      port: given.port ?? (await freePort()),
      institutionsPort: given.institutionsPort ?? (await freePort()),
      healthPort: given.healthPort ?? (await freePort()),
    };
    return new Replica(mesh, service, ports, environment);
  }

  /** One more process of the same service, with ports of its own. It is not started. */
  another(): Promise<Replica> {
    return Replica.at(this.mesh, this.service, this.environment);
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Where services connect. */
  get address(): string {
    return `127.0.0.1:${this.ports.port}`;
  }

  /** Where institutions connect. */
  get institutionsAddress(): string {
    return `127.0.0.1:${this.ports.institutionsPort}`;
  }

  /** The path of its log. */
  get log(): string {
    return join(this.mesh.local.folder.logs, `${this.service}-${this.ports.port}.log`);
  }

  /** Runs a command of the service to its end. Resolves to the exit code. */
  async run(command: readonly string[], environment: NodeJS.ProcessEnv): Promise<number | null> {
    const child = this.launch(command, environment);
    await once(child, 'exit');
    return child.exitCode;
  }

  /** Starts a process, also after one has ended. Resolves when it is ready. */
  async start(): Promise<void> {
    const child = this.launch([], await this.environment(this.ports));
    this.child = child;
    await eventually(() => {
      if (child.exitCode !== null) throw new Error(`${this.service} ended with ${child.exitCode}: see ${this.log}`);
      return this.is('');
    }, Boolean);
  }

  /** Its health, or the health of one of its dependencies, at HEALTH_PORT. */
  is(name: string): Promise<boolean> {
    return probe(this.ports.healthPort, name);
  }

  /** Sends SIGTERM. Resolves to the exit code, or to the signal that ended it. */
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
    // A process that has nothing to say has a log as well.
    appendFileSync(this.log, '');
    const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => appendFileSync(this.log, text));
    return child;
  }

  /** Kills it if it runs. */
  kill(): void {
    this.child?.kill('SIGKILL');
  }

  /** Kills it with SIGKILL, and starts it again. Resolves when it is ready. */
  async killAndStart(): Promise<void> {
    const { child } = this;
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await this.start();
  }

  /** Sends a signal such as SIGSTOP, SIGCONT or SIGUSR2. */
  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }
}
