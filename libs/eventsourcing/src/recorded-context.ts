import { type Context, context, ROOT_CONTEXT, trace } from '@opentelemetry/api';

/** The active trace, if it is recorded. */
export const recordedContext = (): Context | undefined =>
  trace.getActiveSpan()?.isRecording() === true ? context.active() : undefined;

/** Does work for several callers in the first of their traces that is recorded, or in none. */
export const inFirstRecorded = <Result>(traces: Iterable<Context | undefined>, work: () => Result): Result => {
  for (const one of traces) if (one !== undefined) return context.with(one, work);
  return context.with(ROOT_CONTEXT, work);
};
