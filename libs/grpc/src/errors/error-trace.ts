/** What kind of error and where in the code: messages may hold personal data, so they stay out. */
export const traceOf = (error: unknown): { readonly error: string; readonly code?: string; readonly at: string[] } => {
  if (!(error instanceof Error)) return { error: typeof error, at: [] };
  const code: unknown = Reflect.get(error, 'code');
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    error: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    at: frames.slice(0, 8).map((line) => line.trim()),
  };
};
