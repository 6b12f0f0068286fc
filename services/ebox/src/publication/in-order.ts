/**
 * Handles the items of a stream as they come, at most `atOnce` at a time, and gives the results in the order of the items. Reads no
 * further ahead, so that slow handling, and a slow reader of the results, slow the sender.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  handle: (item: Item) => Promise<Result>,
  atOnce: number,
): AsyncGenerator<Result> {
  const source = items[Symbol.asyncIterator]();
  const results: Promise<Result>[] = [];
  const [more, room] = [new Signal(), new Signal()];
  let left = false;
  const read = async (): Promise<void> => {
    for (let next = await source.next(); !next.done && !left; next = await source.next()) {
      const result = handle(next.value);
      // Whoever takes it in its turn gets the error; until then it is nobody's.
      result.catch(() => undefined);
      results.push(result);
      more.give();
      while (results.length >= atOnce && !left) await room.next();
    }
  };
  let ended = false;
  const reading = read().finally(() => {
    ended = true;
    more.give();
  });
  reading.catch(() => undefined);
  try {
    for (;;) {
      const [result] = results;
      if (result !== undefined) {
        const value = await result;
        void results.shift();
        room.give();
        yield value;
      } else if (ended) return await reading;
      else await more.next();
    }
  } finally {
    left = true;
    room.give();
  }
}

/** Wakes whoever waits for it. */
class Signal {
  private wake: () => void = () => undefined;

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  give(): void {
    this.wake();
  }
}
