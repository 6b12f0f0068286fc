import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '../eventually.js';

/** A service as it really runs: a process of its own, by its `main.js`. */
export class ServiceProcess {
  /** Everything that it has printed. */
  output = '';

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => {
        this.output += String(chunk);
      });
  }

  /** @param isUp asked until it says yes */
  static async start(
    main: string,
    env: Readonly<Record<string, string>>,
    isUp: () => Promise<boolean>,
  ): Promise<ServiceProcess> {
    const { KAFKA_BROKERS: _, EMBEDDED_LOG_URL: __, ...own } = process.env;
    const child = spawn(process.execPath, ['--enable-source-maps', main], {
      env: { ...own, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const running = new ServiceProcess(child);
    await eventually(
      () => {
        if (child.exitCode !== null) throw new Error(`the service ended: ${running.output}`);
        return isUp();
      },
      Boolean,
      60_000,
    );
    return running;
  }

  /** SIGTERM as from an orchestrator, or SIGKILL as a power cut. Gives the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return child.exitCode;
  }
}
