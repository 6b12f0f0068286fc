import { context, createContextKey, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import type { NewEvent, StreamAppend } from './event-store.js';
import { recordedContext } from './recorded-context.js';

/** Set by `traceBatch`: appends made while a batch is handled have several origins, so each event carries its own trace. */
const OF_MANY = createContextKey('crossroads of many');

/**
 * When the active trace is recorded, appends in a span of it, and stores the span in the events (`metadata.traceparent`), so that their
 * consumers continue the trace. Otherwise it only appends.
 */
export const tracedAppend = (
  appends: readonly StreamAppend[],
  append: (appends: readonly StreamAppend[]) => Promise<void>,
): Promise<void> => {
  const recorded = recordedContext();
  return recorded !== undefined && recorded.getValue(OF_MANY) === undefined ? inSpan(appends, append) : append(appends);
};

const inSpan = async (
  appends: readonly StreamAppend[],
  append: (appends: readonly StreamAppend[]) => Promise<void>,
): Promise<void> => {
  const attributes = { stream_type: appends[0]?.streamType ?? '' };
  const span = trace.getTracer('crossroads').startSpan('append', { attributes });
  const { traceId, spanId } = span.spanContext();
  const traceparent = `00-${traceId}-${spanId}-0${TraceFlags.SAMPLED}`;
  try {
    const stamped = appends.map((one) => ({ ...one, events: one.events.map((event) => stamp(event, traceparent)) }));
    await context.with(trace.setSpan(context.active(), span), append, undefined, stamped);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
};

/** An event that already has a trace, for example that of the event it follows from, keeps it. */
const stamp = (event: NewEvent, traceparent: string): NewEvent =>
  event.metadata?.['traceparent'] === undefined ? { ...event, metadata: { ...event.metadata, traceparent } } : event;
