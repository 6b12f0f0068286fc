export interface Arrived<Value> {
  readonly index: number;
  readonly value: Value;
}

/**
 * Each value as soon as it is there, with its place; what is there in the same turn of the event loop, together.
 * @throws the first failure, after all the others.
 */
export async function* asTheyCome<Value>(
  pending: readonly Promise<Value>[],
): AsyncGenerator<readonly Arrived<Value>[]> {
  let arrived: Arrived<Value>[] = [];
  const failures: unknown[] = [];
  let wake = (): void => undefined;
  pending.forEach((one, index) => {
    void one
      .then(
        (value) => void arrived.push({ index, value }),
        (error: unknown) => void failures.push(error),
      )
      .then(() => wake());
  });
  for (let given = 0; given + failures.length < pending.length; ) {
    if (arrived.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    // The others of this turn.
    await new Promise((resolve) => setImmediate(resolve));
    const together = arrived;
    arrived = [];
    given += together.length;
    if (together.length > 0) yield together;
  }
  if (failures.length > 0) throw failures[0];
}
