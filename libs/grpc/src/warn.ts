/** Says on stderr what fails in the background: the kind of error only, as its message may hold what nobody should read. */
export const warn =
  (what: string) =>
  (error: unknown, attempt?: number): void => {
    const kind = error instanceof Error ? error.name : typeof error;
    process.stderr.write(`${JSON.stringify({ level: 'warn', what, attempt, error: kind })}\n`);
  };
