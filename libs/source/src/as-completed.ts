export interface Completed<Value> {
  readonly index: number;
  readonly value: Value;
}

/** Yields each value with its index as soon as its promise is fulfilled. @throws the first failure, after all values. */
export async function* asCompleted<Value>(pending: readonly Promise<Value>[]): AsyncGenerator<Completed<Value>> {
  const completed: Completed<Value>[] = [];
  const failures: unknown[] = [];
  let wake = (): void => undefined;
  pending.forEach((one, index) => {
    void one
      .then(
        (value) => void completed.push({ index, value }),
        (error: unknown) => void failures.push(error),
      )
      .then(() => wake());
  });
  for (let yielded = 0; yielded + failures.length < pending.length; ) {
    const next = completed.shift();
    if (next) {
      yielded++;
      yield next;
    } else await new Promise<void>((resolve) => (wake = resolve));
  }
  if (failures.length > 0) throw failures[0];
}
