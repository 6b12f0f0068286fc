export interface Completed<Value> {
  readonly index: number;
  readonly value: Value;
}

/**
 * Gives each value with its index as soon as its promise is fulfilled; those fulfilled in the same iteration of the event loop together.
 * @throws the first failure, after all values.
 */
export async function* asCompleted<Value>(
  pending: readonly Promise<Value>[],
): AsyncGenerator<readonly Completed<Value>[]> {
  let completed: Completed<Value>[] = [];
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
  for (let given = 0; given + failures.length < pending.length; ) {
    if (completed.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    // Collects what else is fulfilled in this iteration of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    const together = completed;
    completed = [];
    given += together.length;
    if (together.length > 0) yield together;
  }
  if (failures.length > 0) throw failures[0];
}
