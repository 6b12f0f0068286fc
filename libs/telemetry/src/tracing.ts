import {
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Attributes } from './attributes.js';
import { fromOutside } from './from-outside.js';
import { spanContextOf, traceparentOf } from './traceparent.js';

let tracer: Tracer | undefined;

/** Whether traces are sent anywhere. */
export const isTracing = (): boolean => tracer !== undefined;

/** Where spans are made from here on; nothing ends it. */
export const traceWith = (to: Tracer | undefined): void => {
  tracer = to;
};

/** A call that is being served. */
export class ServedCall {
  constructor(private readonly span: Span) {}

  /** What is done in it, and all that this calls, belongs to its trace. */
  run<Result>(work: () => Result): Result {
    return context.with(trace.setSpan(ROOT_CONTEXT, this.span), work);
  }

  /** `code` as gRPC names it. */
  end(code: string): void {
    endWith(this.span, code);
  }
}

/**
 * Begins the span of a call that has arrived. A service of the mesh (`trusted`) has decided whether its trace is recorded, and
 * what it does of its own accord is not traced; anybody else begins a trace here, or goes on with their own.
 * Nothing when there is nothing to trace.
 */
export const serveCall = (rpc: string, traceparent: unknown, trusted: boolean): ServedCall | undefined => {
  if (tracer === undefined) return undefined;
  const parent = spanContextOf(traceparent);
  if (trusted) {
    if (parent === undefined) return undefined;
    if ((parent.traceFlags & TraceFlags.SAMPLED) === 0) return new ServedCall(trace.wrapSpanContext(parent));
  }
  const from = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  const options = { kind: SpanKind.SERVER, attributes: { rpc, caller_kind: trusted ? 'service' : 'institution' } };
  return new ServedCall(tracer.startSpan(rpc.slice(1), options, trusted ? from : fromOutside(from)));
};

/**
 * Calls another service within the trace that is going on, if there is one: `call` is given the `traceparent` to send. `codeOf`
 * names what it failed with.
 */
export const traceCall = async <Result>(
  rpc: string,
  call: (traceparent: string | undefined) => Promise<Result>,
  codeOf: (error: unknown) => string,
): Promise<Result> => {
  const active = trace.getActiveSpan();
  if (active === undefined) return call(undefined);
  if (tracer === undefined || !active.isRecording()) return call(traceparentOf(active.spanContext()));
  const span = tracer.startSpan(rpc.slice(1), { kind: SpanKind.CLIENT, attributes: { rpc } });
  try {
    const result = await call(traceparentOf(span.spanContext()));
    endWith(span, 'OK');
    return result;
  } catch (error) {
    endWith(span, codeOf(error));
    throw error;
  }
};

/** A step of one's own within the trace that is going on, if that is recorded. */
export const traceStep = async <Result>(
  name: string,
  attributes: Attributes,
  work: () => Promise<Result>,
): Promise<Result> => {
  if (tracer === undefined || !trace.getActiveSpan()?.isRecording()) return work();
  const span = tracer.startSpan(name, { attributes });
  return ending([span], () => context.with(trace.setSpan(context.active(), span), work));
};

/**
 * Handles a batch: each recorded trace that has something in it gets a span. What is called meanwhile belongs to the first of them; the
 * others are linked to it.
 */
export const traceBatch = async <Result>(
  name: 'publish' | 'take',
  topic: string,
  traceparents: readonly (string | undefined)[],
  work: () => Promise<Result>,
): Promise<Result> => {
  const now = tracer;
  if (now === undefined) return work();
  const parents = sampledIn(traceparents);
  const spans: Span[] = [];
  const kind = name === 'publish' ? SpanKind.PRODUCER : SpanKind.CONSUMER;
  for (const parent of parents.values()) {
    const links = spans[0] ? [{ context: spans[0].spanContext() }] : [];
    const attributes = { topic, events: traceparents.length };
    spans.push(
      now.startSpan(`${topic} ${name}`, { kind, links, attributes }, trace.setSpanContext(ROOT_CONTEXT, parent)),
    );
  }
  const [first] = spans;
  if (first === undefined) return work();
  return ending(spans, () => context.with(trace.setSpan(ROOT_CONTEXT, first), work));
};

/** One of each recorded trace. */
const sampledIn = (traceparents: readonly (string | undefined)[]) => {
  const parents = new Map<string, NonNullable<ReturnType<typeof spanContextOf>>>();
  for (const traceparent of traceparents) {
    if (traceparent === undefined) continue;
    const parent = spanContextOf(traceparent);
    if (parent && (parent.traceFlags & TraceFlags.SAMPLED) !== 0 && !parents.has(parent.traceId))
      parents.set(parent.traceId, parent);
  }
  return parents;
};

const ending = async <Result>(spans: readonly Span[], work: () => Promise<Result>): Promise<Result> => {
  try {
    const result = await work();
    for (const span of spans) span.end();
    return result;
  } catch (error) {
    for (const span of spans) span.setStatus({ code: SpanStatusCode.ERROR }).end();
    throw error;
  }
};

/** What went wrong says its code alone: a message could hold what nobody should read. */
const endWith = (span: Span, code: string): void => {
  if (span.isRecording()) {
    span.setAttribute('code', code);
    if (code !== 'OK') span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
};
