import { withTimeout } from '@crossroads/configuration';

/** The same items. Time that their reader takes does not count. @throws TimedOut when the first item, or a later one, takes longer to come */
export async function* inTime<Item>(
  items: AsyncIterable<Item>,
  { firstMs, idleMs }: { readonly firstMs: number; readonly idleMs: number },
): AsyncGenerator<Item> {
  const source = items[Symbol.asyncIterator]();
  try {
    for (let ms = firstMs; ; ms = idleMs) {
      const next = await withTimeout(ms, source.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited: what hangs ends only after that.
    source.return?.().catch(() => undefined);
  }
}
