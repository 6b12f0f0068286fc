/** The kind of an error and where it was thrown, for the log. Messages are left out: they may hold personal data. */
export const describeError = (
  error: unknown,
): { readonly error: string; readonly code?: string; readonly at: string[] } => {
  if (!(error instanceof Error)) return { error: typeof error, at: [] };
  const code: unknown = Reflect.get(error, 'code');
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    error: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    at: frames.slice(0, 8).map((line) => line.trim()),
  };
};
