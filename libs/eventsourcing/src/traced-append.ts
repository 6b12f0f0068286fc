import { context, createContextKey, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import type { NewEvent, StreamAppend } from './event-store.js';
import { recordedContext } from './recorded-context.js';

/** Set where a batch is handled: what is appended there comes from many, and says itself from where. */
const OF_MANY = createContextKey('crossroads of many');

/**
 * Appends, in a span of the trace that is going on when that is recorded. Its events carry where they come from
 * (`metadata.traceparent`), so that whoever reads them later goes on with the trace. Otherwise nothing is added.
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

/** What comes of an event that was read keeps the trace of that one. */
const stamp = (event: NewEvent, traceparent: string): NewEvent =>
  event.metadata?.['traceparent'] === undefined ? { ...event, metadata: { ...event.metadata, traceparent } } : event;
