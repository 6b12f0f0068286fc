import { type Context, context, ROOT_CONTEXT, trace } from '@opentelemetry/api';

/** The active trace context, when its span is recorded. */
export const recordedContext = (): Context | undefined =>
  trace.getActiveSpan()?.isRecording() === true ? context.active() : undefined;

/** Runs work that serves several callers: in the context of the first one whose span is recorded, or in none. */
export const within = <Result>(traces: Iterable<Context | undefined>, work: () => Result): Result => {
  for (const one of traces) if (one !== undefined) return context.with(one, work);
  return context.with(ROOT_CONTEXT, work);
};
