/** Something on this machine that a person can put right. Its message is one sentence that says what to do. */
export class LocalFailure extends Error {
  override readonly name = 'LocalFailure';
}

// By shape: Jest runs specs in a realm of their own, where what Node throws is no `instanceof Error`.
/** The system's code of an error (`ENOSPC`, `EADDRINUSE`), or `undefined`. */
export const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

export const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
    ? error.message
    : String(error);
