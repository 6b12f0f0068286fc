/**
 * Each value as soon as it is there, with its place. @throws the first failure, after all the others.
 */
export async function* asTheyCome<Value>(
  pending: readonly Promise<Value>[],
): AsyncGenerator<{ readonly index: number; readonly response: Value }> {
  const arrived: { readonly index: number; readonly response: Value }[] = [];
  const failures: unknown[] = [];
  let wake = (): void => undefined;
  pending.forEach((one, index) => {
    void one
      .then(
        (response) => void arrived.push({ index, response }),
        (error: unknown) => void failures.push(error),
      )
      .then(() => wake());
  });
  for (let given = 0; given + failures.length < pending.length; ) {
    const next = arrived[given];
    if (next === undefined) await new Promise<void>((resolve) => (wake = resolve));
    else {
      given++;
      yield next;
    }
  }
  if (failures.length > 0) throw failures[0];
}
