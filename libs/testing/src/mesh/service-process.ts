import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '../eventually.js';

export interface ServiceProcessOptions {
  /** The ports in its environment. */
  readonly port?: number;
  readonly institutionsPort?: number;
  readonly nodeOptions?: readonly string[];
}

/** A service as a separate process, started by its `main.js`. */
export class ServiceProcess {
  /** Its output since the first start. */
  output = '';
  private child: ChildProcess | undefined;

  private constructor(
    private readonly main: string,
    private readonly env: Readonly<Record<string, string>>,
    private readonly isUp: () => Promise<boolean>,
    private readonly options: ServiceProcessOptions,
  ) {}

  /** @param isUp polled until it resolves to true */
  static async start(
    main: string,
    env: Readonly<Record<string, string>>,
    isUp: () => Promise<boolean>,
    options: ServiceProcessOptions = {},
  ): Promise<ServiceProcess> {
    const service = new ServiceProcess(main, env, isUp, options);
    await service.launch();
    return service;
  }

  /** Where services of the mesh connect. */
  get port(): number {
    return this.options.port ?? 0;
  }

  /** Where applications of institutions connect. */
  get institutionsPort(): number {
    return this.options.institutionsPort ?? 0;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Whether it is ready now. */
  isReady(): Promise<boolean> {
    return this.isUp();
  }

  /** Starts it again after a stop, with these settings changed. */
  async launch(changes: Readonly<Record<string, string>> = {}): Promise<void> {
    const { KAFKA_BROKERS: _, EMBEDDED_LOG_URL: __, ...inherited } = process.env;
    const { nodeOptions = [] } = this.options;
    const child = spawn(process.execPath, [...nodeOptions, this.main], {
      env: { ...inherited, ...this.env, ...changes },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        this.output += String(chunk);
      });
    await eventually(() => {
      if (child.exitCode !== null) throw new Error(`the service ended: ${this.output}`);
      return this.isUp();
    }, Boolean);
  }

  /** Runs a command of it (`main.js resync …`) in its environment. Resolves to what it has printed. */
  async run(args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
    const { KAFKA_BROKERS: _, EMBEDDED_LOG_URL: __, ...inherited } = process.env;
    const child = spawn(process.execPath, [this.main, ...args], {
      env: { ...inherited, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += String(chunk);
      });
    await once(child, 'close');
    return { code: child.exitCode, output };
  }

  /** Sends SIGTERM, as an orchestrator does, or SIGKILL. Resolves to the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return child.exitCode;
  }
}
