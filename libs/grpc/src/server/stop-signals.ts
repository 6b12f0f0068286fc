const first = new AbortController();
const second = new AbortController();

interface StopSignals {
  readonly stop: AbortSignal;
  readonly forceStop: AbortSignal;
  listen(): void;
}

/** SIGTERM and SIGINT: the first asks the process to stop, a second one to stop without waiting. */
export const stopSignals: StopSignals = {
  stop: first.signal,
  forceStop: second.signal,
  /** From now on the signals no longer end the process by themselves. */
  listen: (): void => {
    const onSignal = () => (first.signal.aborted ? second : first).abort();
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  },
};

/** Resolves when one of the signals is, or was, aborted. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
