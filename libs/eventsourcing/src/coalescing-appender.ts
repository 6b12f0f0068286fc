import type { AppendOptions, StreamAppend } from './event-store.js';
import { inTurns } from './in-turns.js';
import { type Append, isRefusal, type PostgresEventStore } from './postgres-event-store.js';
import { tracedAppend } from './traced-append.js';

const MAX_BATCH_SIZE = 256;
/** While one is being made durable, the next is on its way. */
const FLIGHTS = 2;

export interface Appender {
  /** As `EventStore.append`. */
  append(appends: readonly StreamAppend[], options?: AppendOptions): Promise<void>;
}

interface Waiting extends Append {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets appends that come at the same time travel in one statement and share one flush to disk. For streams that nobody
 * else writes to: a lost race costs its companions a second round trip, since the batch is then appended one by one.
 */
export const coalescingAppender = (store: Pick<PostgresEventStore, 'appendAll'>): Appender => {
  let queue: Waiting[] = [];
  let flying = 0;
  const busy = new Set<string>();
  let planned = false;

  const depart = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      await store.appendAll(batch);
      void inTurns(batch, ({ resolve }) => resolve());
    } catch (error) {
      // Without a word from the server nobody knows whether it was stored; then each caller must ask for itself.
      if (batch.length === 1 || !isRefusal(error)) for (const { reject } of batch) reject(error);
      else await Promise.all(batch.map((one) => store.appendAll([one]).then(one.resolve, one.reject)));
    }
  };

  const board = (): void => {
    planned = false;
    while (flying < FLIGHTS) {
      const [batch, rest] = split(queue, busy);
      if (batch.length === 0) return;
      queue = rest;
      flying++;
      const streams = batch.flatMap(streamsOf);
      for (const id of streams) busy.add(id);
      void depart(batch).finally(() => {
        flying--;
        for (const id of streams) busy.delete(id);
        board();
      });
    }
  };

  const wait = (appends: readonly StreamAppend[], options: AppendOptions): Promise<void> =>
    new Promise((resolve, reject) => {
      queue.push({ appends, options, resolve, reject });
      if (planned) return;
      planned = true;
      // Whoever calls in the same turn of the event loop travels along.
      setImmediate(board);
    });

  return { append: (appends, options = {}) => tracedAppend(appends, (traced) => wait(traced, options)) };
};

const streamsOf = ({ appends }: Append): string[] => appends.map(({ streamId }) => streamId);

/** The first of them, at most 256, no stream twice and none that is on its way; the others keep their order. */
const split = (queue: readonly Waiting[], busy: ReadonlySet<string>): [Waiting[], Waiting[]] => {
  const [batch, rest]: [Waiting[], Waiting[]] = [[], []];
  const streams = new Set(busy);
  for (const waiting of queue) {
    const ids = streamsOf(waiting);
    const fits = batch.length < MAX_BATCH_SIZE && !ids.some((id) => streams.has(id));
    (fits ? batch : rest).push(waiting);
    for (const id of ids) streams.add(id);
  }
  return [batch, rest];
};
