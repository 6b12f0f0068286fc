import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalFailure, messageOf } from './failure.js';
import { identityOf, isRunning, stopProcess, waitFor } from './process-identity.js';

const MIN_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5_000;
/** After this long without a crash the back-off starts again at its minimum. */
const STABLE_MS = 30_000;

/** A program that is restarted when it ends. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Stops when this process ends, even by kill -9; see `stop-with-parent.ts`. */
  readonly stopsWithParent?: boolean;
  /** @default SIGTERM */
  readonly stopSignal?: NodeJS.Signals;
  /** Milliseconds from the signal to SIGKILL. */
  readonly stopTimeoutMs: number;
  /** Milliseconds until it must be ready for the first time. */
  readonly startTimeoutMs: number;
  /** Whether it serves. An error counts as not yet. */
  readonly isReady: () => Promise<boolean>;
}

/** Folders and callbacks of the supervisor. */
export interface Host {
  /** Folder with one file for each program, by which the next start finds processes that this one left. */
  readonly run: string;
  readonly logs: string;
  readonly report?: ((line: string) => void) | undefined;
  /** Called after each restart. */
  readonly onChange?: () => void;
  /** Cancels a start that has not finished. */
  readonly signal?: AbortSignal | undefined;
}

interface Started {
  readonly pid: number;
  readonly identity: string;
  readonly stopSignal: NodeJS.Signals;
}

/** Runs a program, starts it again when it dies, and stops it. */
export class Supervised {
  private child: ChildProcess | undefined;
  private stopping = false;
  private pause = MIN_PAUSE_MS;
  private loop: Promise<void> = Promise.resolve();
  /** How often it was started again. */
  restarts = 0;

  private constructor(
    readonly program: Program,
    private readonly host: Host,
  ) {}

  /** Resolves when the program is ready. Stops its process of an earlier run first, if there is one. */
  static async start(program: Program, host: Host): Promise<Supervised> {
    mkdirSync(host.run, { recursive: true });
    mkdirSync(host.logs, { recursive: true });
    await stopOrphan(host.run, program.name, program.stopTimeoutMs);
    const supervised = new Supervised(program, host);
    supervised.launch();
    try {
      await supervised.ready(true);
    } catch (error) {
      await supervised.stop();
      throw error;
    }
    supervised.loop = supervised.keepRunning();
    return supervised;
  }

  get pid(): number | undefined {
    return this.child?.exitCode === null && this.child.signalCode === null ? this.child.pid : undefined;
  }

  get log(): string {
    return join(this.host.logs, `${this.program.name}.log`);
  }

  /** Kills it with SIGKILL, and resolves when it serves again. */
  async killAndWait(): Promise<void> {
    const { restarts, child, program } = this;
    child?.kill('SIGKILL');
    const isBack = () => this.restarts > restarts && this.pid !== undefined && program.isReady().catch(() => false);
    if (!(await waitFor(isBack, program.startTimeoutMs)))
      throw new LocalFailure(`${program.name} did not come back: its log is ${this.log}.`);
  }

  /** Stops it with SIGSTOP, without ending it. Resolves to what lets it go on. */
  async suspend(): Promise<() => Promise<void>> {
    const { pid } = this;
    if (pid === undefined) throw new LocalFailure(`${this.program.name} does not run: its log is ${this.log}.`);
    process.kill(pid, 'SIGSTOP');
    return async () => void process.kill(pid, 'SIGCONT');
  }

  /** Resolves to whether it stopped before it had to be killed. */
  async stop(): Promise<boolean> {
    this.stopping = true;
    const { child, program } = this;
    const identity = child?.pid === undefined ? undefined : identityOf(child.pid);
    const clean =
      child?.pid !== undefined &&
      identity !== undefined &&
      (await stopProcess(child.pid, identity, program.stopSignal ?? 'SIGTERM', program.stopTimeoutMs)) === 'stopped';
    if (child?.connected) child.disconnect();
    await this.loop;
    rmSync(recordOf(this.host.run, program.name), { force: true });
    return clean;
  }

  private launch(): void {
    const { command, args, environment, cwd, uid, gid, stopsWithParent, name, stopSignal = 'SIGTERM' } = this.program;
    const log = openSync(this.log, 'a', 0o600);
    // In a process group of its own: Ctrl-C in the terminal reaches this process only, which then stops all in order.
    const child = spawn(command, args, {
      env: environment,
      detached: true,
      stdio: ['ignore', log, log, ...(stopsWithParent ? (['ipc'] as const) : [])],
      ...(cwd === undefined ? {} : { cwd }),
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    closeSync(log);
    // Without a listener a program that cannot be started would end this process; `ready` reports it.
    child.on('error', (error) => this.note(messageOf(error)));
    this.child = child;
    const identity = child.pid === undefined ? undefined : identityOf(child.pid);
    if (child.pid === undefined || identity === undefined) return;
    const started: Started = { pid: child.pid, identity, stopSignal };
    writeFileSync(recordOf(this.host.run, name), JSON.stringify(started));
  }

  private async ready(first: boolean): Promise<void> {
    const { isReady, name, startTimeoutMs } = this.program;
    const ready = await waitFor(async () => {
      if (this.stopping && !first) return true;
      this.host.signal?.throwIfAborted();
      if (this.pid === undefined)
        throw new LocalFailure(`${name} ended while it started: its log is ${this.log}.${this.lastLine()}`);
      return isReady().catch(() => false);
    }, startTimeoutMs);
    if (!ready)
      throw new LocalFailure(
        `${name} was not ready within ${startTimeoutMs / 1000} s: its log is ${this.log}.${this.lastLine()}`,
      );
  }

  private async keepRunning(): Promise<void> {
    while (!this.stopping) {
      const since = Date.now();
      const how = await ended(this.child);
      if (this.stopping) return;
      if (Date.now() - since > STABLE_MS) this.pause = MIN_PAUSE_MS;
      this.host.report?.(`${this.program.name} ended (${how}); starting it again`);
      await sleep(this.pause);
      this.pause = Math.min(this.pause * 2, MAX_PAUSE_MS);
      if (this.stopping) return;
      this.restarts += 1;
      this.launch();
      try {
        await this.ready(false);
        if (this.stopping) return;
        this.host.report?.(`${this.program.name} serves again`);
        this.host.onChange?.();
      } catch (error) {
        this.host.report?.(messageOf(error));
      }
    }
  }

  private note(line: string): void {
    try {
      appendFileSync(this.log, `${line}\n`);
    } catch {
      // A full disk, or a deleted folder: the terminal shows what matters.
    }
  }

  private lastLine(): string {
    const line = readFileSync(this.log, 'utf8').trimEnd().split('\n').at(-1);
    return line ? ` It says: ${line.slice(0, 300)}` : '';
  }
}

/** Stops the process of a program that an earlier run left when it was killed. */
export const stopOrphan = async (run: string, name: string, within = 5_000): Promise<boolean> => {
  const started = readRecord(recordOf(run, name));
  if (!started) return false;
  const { pid, identity, stopSignal } = started;
  const found = isRunning(pid, identity);
  if (found) await stopProcess(pid, identity, stopSignal, within);
  rmSync(recordOf(run, name), { force: true });
  return found;
};

const recordOf = (run: string, name: string): string => join(run, `${name}.json`);

const readRecord = (file: string): Started | undefined => {
  try {
    const record: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isStarted(record) ? record : undefined;
  } catch {
    // Absent, or truncated by a full disk: it identifies no process.
    return undefined;
  }
};

const isStarted = (value: unknown): value is Started =>
  typeof value === 'object' && value !== null && 'pid' in value && 'identity' in value && 'stopSignal' in value;

const ended = (child: ChildProcess | undefined): Promise<string> =>
  new Promise((resolve) => {
    if (!child || child.pid === undefined) return resolve('not started');
    const how = () => child.signalCode ?? `code ${child.exitCode}`;
    if (child.exitCode !== null || child.signalCode !== null) return resolve(how());
    child.once('exit', () => resolve(how()));
  });
