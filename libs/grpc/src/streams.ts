import type { Readable, Writable } from 'node:stream';
import { Cancelled, MalformedMessage } from './errors/failures.js';

/** @throws MalformedMessage instead of the generated code's error */
export const decodeWith = (decode: (bytes: Buffer) => unknown, bytes: Buffer): unknown => {
  try {
    return decode(bytes);
  } catch {
    throw new MalformedMessage();
  }
};

/** The messages of a stream of requests. Each is decoded when the handler asks for it, so that a slow handler slows the sender. */
export async function* decoded(requests: Readable, decode: (bytes: Buffer) => unknown): AsyncGenerator<unknown> {
  // A handler that stops reading early still has to answer, which destroying the stream would prevent.
  const chunks = requests.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const bytes of chunks) yield decodeWith(decode, bytes);
}

const drained = (stream: Writable, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const settle = (outcome: () => void) => () => {
      stream.off('drain', onDrain);
      stream.off('close', onEnd);
      signal.removeEventListener('abort', onEnd);
      outcome();
    };
    const onDrain = settle(resolve);
    const onEnd = settle(() => reject(new Cancelled()));
    stream.on('drain', onDrain);
    stream.on('close', onEnd);
    signal.addEventListener('abort', onEnd);
    if (signal.aborted || stream.destroyed) onEnd();
  });

/** The next item; rejects with Cancelled when the signal is aborted, also when the source ignores the signal. */
const nextOf = <Item>(
  source: AsyncIterator<Item, unknown>,
  signal: AbortSignal,
): Promise<IteratorResult<Item, unknown>> =>
  new Promise((resolve, reject) => {
    const onAbort = () => reject(new Cancelled());
    const settle =
      <Value>(outcome: (value: Value) => void) =>
      (value: Value) => {
        signal.removeEventListener('abort', onAbort);
        outcome(value);
      };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else source.next().then(settle(resolve), settle(reject));
  });

/** Writes all items with back-pressure. @throws Cancelled, and whatever the source throws */
export const writeAll = async <Item>(
  items: AsyncIterable<Item>,
  target: Writable,
  encode: (item: Item) => unknown,
  signal: AbortSignal,
): Promise<void> => {
  const source = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await nextOf(source, signal);
      if (done) return;
      if (!target.write(encode(value))) await drained(target, signal);
    }
  } catch (error) {
    // Not awaited: a generator that waits for something returns only after that.
    source.return?.()?.catch(() => undefined);
    throw error;
  }
};

export const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
