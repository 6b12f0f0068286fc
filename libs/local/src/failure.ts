/** Something on this machine that a person can put right. Its message is one sentence that says what to do. */
export class LocalFailure extends Error {
  override readonly name = 'LocalFailure';
}

/** The system's code of an error (`ENOSPC`, `EADDRINUSE`), or `undefined`. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
