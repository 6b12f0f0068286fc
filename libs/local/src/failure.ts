/** A problem of this machine that its user can solve. The message is one sentence that says what to do. */
export class LocalFailure extends Error {
  override readonly name = 'LocalFailure';
}

// No `instanceof`: Jest runs specs in another realm, where errors of Node are not instances of its Error.
/** The system's code of an error (`ENOSPC`, `EADDRINUSE`), or `undefined`. */
export const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

export const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
    ? error.message
    : String(error);
