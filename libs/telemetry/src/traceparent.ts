import { isSpanContextValid, type SpanContext, TraceFlags, trace } from '@opentelemetry/api';

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;

/** W3C Trace Context. `tracestate` and baggage are not used: callers may put anything into them. */
export const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;

/** Nothing when it is absent or invalid. */
export const spanContextOf = (traceparent: unknown): SpanContext | undefined => {
  if (typeof traceparent !== 'string') return undefined;
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  const context = { traceId, spanId, traceFlags, isRemote: true };
  return isSpanContextValid(context) ? context : undefined;
};

/** The traceparent of the active span. */
export const activeTraceparent = (): string | undefined => {
  const context = trace.getActiveSpan()?.spanContext();
  return context && traceparentOf(context);
};
