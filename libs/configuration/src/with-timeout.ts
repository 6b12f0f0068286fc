export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/** The work's result. @throws TimedOut when it takes longer than `ms`; the work itself goes on, and its outcome is dropped */
export const withTimeout = async <Result>(ms: number, work: Promise<Result>): Promise<Result> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new TimedOut(`not done within ${ms} ms`)), ms);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
};

const READY_WITHIN_MS = 2_000;

/** Whether the work succeeds within two seconds: what a readiness check asks of a server. */
export const answersInTime = (work: Promise<unknown>): Promise<boolean> =>
  withTimeout(READY_WITHIN_MS, work).then(
    () => true,
    () => false,
  );
