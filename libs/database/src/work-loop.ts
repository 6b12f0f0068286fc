const BACKOFF_MS = { min: 100, max: 5_000 };

export interface WorkLoopOptions {
  /**
   * Does one pass of the work. Answers with the milliseconds until the next pass, unless the loop is woken before: 0 when there is more to
   * do. `signal` aborts when the loop is stopped.
   */
  readonly pass: (signal: AbortSignal) => Promise<number>;
  /** Called after each failed pass, with the number of failures in a row. A pass that fails because it was stopped is no failure. */
  readonly onError: (error: unknown, attempt: number) => void;
  /** The pause after a failure, doubling with each further one. A wake-up does not end it. @default 100 to 5,000 */
  readonly backoffMs?: { readonly min: number; readonly max: number };
  /** From the beginning of one pass to that of the next at the least: under load there are fewer and larger passes. @default 0 */
  readonly paceMs?: number;
}

/** Repeats work until it is stopped, one pass at a time. For work of one process among several, call `ExclusiveWork` in the pass. */
export class WorkLoop {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private isWoken = false;
  private endPause: (() => void) | undefined;

  constructor(private readonly options: WorkLoopOptions) {}

  /** Begins the first pass. Starting again does nothing, also after a stop. */
  start(): void {
    // Not within this call, so that a pass which starts the loop again meets the one that runs.
    this.running ??= Promise.resolve().then(() => this.run());
  }

  /** The next pass begins now. During a pass: right after it, since it may have looked too early. */
  wake(): void {
    this.isWoken = true;
    this.endPause?.();
  }

  /** Resolves when the pass that is under way has ended. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('the work is stopped'));
    await this.running;
  }

  private async run(): Promise<void> {
    const { pass, onError, backoffMs = BACKOFF_MS, paceMs = 0 } = this.options;
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted; ) {
      const notBefore = performance.now() + paceMs;
      this.isWoken = false;
      try {
        const pauseMs = await pass(signal);
        failures = 0;
        if (!this.isWoken) await this.pause(pauseMs, 'until woken');
        await this.pause(notBefore - performance.now());
      } catch (error) {
        if (signal.aborted) return;
        onError(error, ++failures);
        await this.pause(Math.min(backoffMs.min * 2 ** (failures - 1), backoffMs.max));
      }
    }
  }

  private async pause(ms: number, until?: 'until woken'): Promise<void> {
    const { signal } = this.stopping;
    if (ms <= 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
      if (until !== undefined) this.endPause = end;
    });
    this.endPause = undefined;
  }
}
