import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * The lanes of work, the most urgent first. `online`: somebody waits for it. `batch`: many persons at once, or a page of many. `bulk`:
 * whole files and logs.
 */
export const LANES = ['online', 'batch', 'bulk'] as const;

export type Lane = (typeof LANES)[number];

/** The call on whose behalf work is done. */
export interface CallContext {
  readonly lane: Lane;
  /** Milliseconds since 1970; `Infinity` without one. */
  readonly deadline: number;
  /** The caller has left, the deadline has passed, or the server stops. */
  readonly isCancelled: boolean;
  /** Calls back once it is cancelled, at once if it is. Returns the function that stops listening. */
  onCancel(listener: () => void): () => void;
}

/** Nobody waits for the work any more. Not thrown for the caller's eyes: a cancelled call has no answer. */
export class NobodyWaits extends Error {
  override readonly name = 'NobodyWaits';

  constructor() {
    super('the calls that this work was for were cancelled');
  }
}

const storage = new AsyncLocalStorage<CallContext | undefined>();

/** The call on whose behalf the present work is done. Nothing in jobs and consumers, which do theirs for nobody who waits. */
export const callContext = (): CallContext | undefined => storage.getStore();

/** Does work, with everything that it begins, on behalf of a call; with `undefined` of none, so that it ends when it is done. */
export const inCallContext = <Result>(call: CallContext | undefined, work: () => Result): Result =>
  storage.run(call, work);

class SeveralCalls implements CallContext {
  readonly lane: Lane;
  readonly deadline: number;

  constructor(private readonly calls: readonly CallContext[]) {
    this.lane = LANES.find((lane) => calls.some((call) => call.lane === lane)) ?? 'online';
    this.deadline = Math.max(...calls.map(({ deadline }) => deadline));
  }

  get isCancelled(): boolean {
    return this.calls.every(({ isCancelled }) => isCancelled);
  }

  onCancel(listener: () => void): () => void {
    let waiting = this.calls.length;
    const stops = this.calls.map((call) =>
      call.onCancel(() => {
        waiting -= 1;
        if (waiting === 0) listener();
      }),
    );
    return () => {
      for (const stop of stops) stop();
    };
  }
}

/**
 * The context of work that several share: as urgent as the most urgent, until the last deadline, and cancelled once all are. Nothing when
 * one of them is for no call.
 */
export const sharedContext = (calls: readonly (CallContext | undefined)[]): CallContext | undefined => {
  const known = calls.filter((call) => call !== undefined);
  if (known.length < calls.length) return undefined;
  const [first] = known;
  return known.every((call) => call === first) ? first : new SeveralCalls(known);
};
