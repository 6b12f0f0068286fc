const first = new AbortController();
const second = new AbortController();

interface Stops {
  readonly asked: AbortSignal;
  readonly hasten: AbortSignal;
  listen(): void;
}

/** Whoever asked this process to stop: with SIGTERM or SIGINT once, or a second time, which is to hasten. */
export const stopSignals: Stops = {
  asked: first.signal,
  hasten: second.signal,
  /** From now on those signals no longer end the process by themselves. */
  listen: (): void => {
    const note = () => (first.signal.aborted ? second : first).abort();
    process.on('SIGTERM', note);
    process.on('SIGINT', note);
  },
};

/** Resolves when one of the signals is, or was, aborted. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
