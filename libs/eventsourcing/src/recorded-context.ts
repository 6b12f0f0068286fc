import { type Context, context, ROOT_CONTEXT, trace } from '@opentelemetry/api';

/** The trace that is going on, when it is recorded. */
export const recordedContext = (): Context | undefined =>
  trace.getActiveSpan()?.isRecording() === true ? context.active() : undefined;

/** Does something for several at once: within the trace of the first that is recorded, or none. */
export const within = <Result>(traces: Iterable<Context | undefined>, work: () => Result): Result => {
  for (const one of traces) if (one !== undefined) return context.with(one, work);
  return context.with(ROOT_CONTEXT, work);
};
