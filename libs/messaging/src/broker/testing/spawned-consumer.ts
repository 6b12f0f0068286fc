import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { BrokerSettings } from '../../bus/open-broker.js';
import { until } from './until.js';

const CONSUMER_PROCESS = fileURLToPath(new URL('./consumer-process.js', import.meta.url));

export interface ConsumerTask {
  readonly settings: BrokerSettings;
  readonly topic: string;
  readonly group: string;
  /** It hangs in its first batch with an event of this number or a higher one. */
  readonly hangsFrom: number;
  /** It stops itself at the end of that batch, as SIGSTOP does, instead of hanging in it. */
  readonly freezes?: boolean;
}

/** A consumer in a process of its own, to be killed or frozen. */
export class SpawnedConsumer {
  private readonly child: ChildProcessByStdio<null, Readable, null>;
  private said = '';

  constructor(task: ConsumerTask) {
    this.child = spawn(process.execPath, [CONSUMER_PROCESS], {
      env: { ...process.env, CONSUMER: JSON.stringify(task) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child.stdout.on('data', (text: Buffer) => {
      this.said += text.toString();
    });
  }

  /** `assigned …`, `hangs` or `closed`. */
  saysThat(what: string): Promise<void> {
    return until(`the consumer says "${what}"`, () => this.said.includes(what));
  }

  /** Wakes a frozen one; it closes. */
  resume(): void {
    this.child.kill('SIGUSR2');
    this.child.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}
