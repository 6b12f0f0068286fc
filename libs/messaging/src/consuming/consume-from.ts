import type { ReadRequest, ReadResponse } from '@crossroads/contracts/events/v1/events_service';
import { encodeCursor } from '@crossroads/eventsourcing';
import { traceBatch } from '@crossroads/telemetry';
import { retryUntilDone } from '../broker/retry.js';
import type { Broker, CloudEvent, Consumption } from '../broker/broker.js';
import { type CursorStore, eventsAfter } from './cursors.js';
import { receivedOf } from '../broker/event-message.js';

/** A client of `EventsService`. */
export interface EventsClient {
  read(request: ReadRequest, options: { readonly signal: AbortSignal }): AsyncIterable<ReadResponse>;
}

export interface EventSource {
  /** The `source` of its events. */
  readonly source: string;
  readonly eventsClient: EventsClient;
}

export interface ConsumeFromOptions {
  readonly broker: Pick<Broker, 'consume'>;
  /** It has one partition: a cursor orders the events of one. */
  readonly topic: string;
  readonly group: string;
  /** The services that publish to the topic. Events of another source come from the broker only. */
  readonly sources: readonly EventSource[];
  readonly cursorStore: CursorStore;
  /** @default 500 */
  readonly batchSize?: number;
  /** Handles a batch and calls `storeCursors` in the same transaction. When it throws, the batch is delivered again. */
  readonly onBatch: (events: readonly CloudEvent[], signal: AbortSignal) => Promise<void>;
  readonly onError?: (error: unknown, attempt: number) => void;
}

/**
 * Consumes a topic without gaps, however long this consumer was away and whatever the broker still retains. It first reads from each
 * source (`Events/Read`) what was published after the stored cursor, then consumes from the broker and drops what is not after the
 * cursor. Returns at once.
 */
export const consumeFrom = (given: ConsumeFromOptions): Consumption & { readonly caughtUp: Promise<void> } => {
  const options: ConsumeFromOptions = {
    ...given,
    onBatch: (events, signal) => traceBatch('take', given.topic, events, () => given.onBatch(events, signal)),
  };
  const closing = new AbortController();
  const onError = options.onError ?? (() => undefined);
  let live: Promise<Consumption> | undefined;
  const caughtUp = (async () => {
    for (const source of options.sources)
      await retryUntilDone(closing.signal, () => catchUp(source, options, closing.signal), onError);
    closing.signal.throwIfAborted();
    await retryUntilDone(closing.signal, () => (live = consumeLive(options)), onError);
  })();
  caughtUp.catch(() => undefined);
  return {
    caughtUp,
    close: async () => {
      closing.abort(new Error('the consumer is closed'));
      await caughtUp.catch(() => undefined);
      await (await live?.catch(() => undefined))?.close();
    },
  };
};

const consumeLive = ({
  broker,
  topic,
  group,
  batchSize,
  cursorStore,
  onBatch,
  onError,
}: ConsumeFromOptions): Promise<Consumption> =>
  broker.consume({
    topic,
    group,
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(onError === undefined ? {} : { onError }),
    onBatch: async (events, signal) => {
      // Read for each batch: another process of the group may have consumed in between.
      const fresh = eventsAfter(events, await cursorStore.cursors(topic));
      if (fresh.length > 0) await onBatch(fresh, signal);
    },
  });

const catchUp = async (
  { source, eventsClient }: EventSource,
  { topic, cursorStore, batchSize = 500, onBatch }: ConsumeFromOptions,
  signal: AbortSignal,
): Promise<void> => {
  const cursor = (await cursorStore.cursors(topic)).get(source);
  const ending = new AbortController();
  const responses = eventsClient.read(
    { topic, afterCursor: cursor ? encodeCursor(cursor) : '' },
    { signal: AbortSignal.any([signal, ending.signal]) },
  );
  try {
    let batch: CloudEvent[] = [];
    for await (const response of responses) {
      batch.push(receivedOf(response));
      if (batch.length < batchSize) continue;
      await onBatch(batch, signal);
      batch = [];
    }
    if (batch.length > 0) await onBatch(batch, signal);
  } finally {
    ending.abort();
  }
};
