import {
  context,
  createContextKey,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { fromOutside } from './from-outside.js';
import { spanContextOf, traceparentOf } from './traceparent.js';

/** The event store knows this key by its name: in a batch, each append brings its own trace. */
const OF_MANY = createContextKey('crossroads of many');

let tracer: Tracer | undefined;

/** Whether traces are exported. */
export const isTracing = (): boolean => tracer !== undefined;

/** Sets the tracer; `undefined` turns tracing off. */
export const traceWith = (to: Tracer | undefined): void => {
  tracer = to;
};

/** A call that is being served. */
export class ServedCall {
  constructor(private readonly span: Span) {}

  /** Runs work as a part of this call's trace, with everything that it calls. */
  run<Result>(work: () => Result): Result {
    return context.with(trace.setSpan(ROOT_CONTEXT, this.span), work);
  }

  /** `code` is the name of a gRPC code. */
  end(code: string): void {
    endWith(this.span, code);
  }
}

/**
 * Begins the span of an incoming call. A service of the mesh (`trusted`) has decided already whether the trace is recorded, and what it
 * does outside any trace is not traced. A call of anybody else begins a trace here, or continues the caller's. Nothing when the call is
 * not traced.
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
 * Calls another service within the active trace, if there is one: `call` receives the `traceparent` to send, and `codeOf` gives the code
 * of an error.
 */
export const traceCall = <Result>(
  rpc: string,
  call: (traceparent: string | undefined) => Promise<Result>,
  codeOf: (error: unknown) => string,
): Promise<Result> => {
  const active = trace.getActiveSpan();
  if (active === undefined) return call(undefined);
  if (tracer === undefined || !active.isRecording()) return call(traceparentOf(active.spanContext()));
  const span = tracer.startSpan(rpc.slice(1), { kind: SpanKind.CLIENT, attributes: { rpc } });
  return calling(span, call, codeOf);
};

const calling = async <Result>(
  span: Span,
  call: (traceparent: string | undefined) => Promise<Result>,
  codeOf: (error: unknown) => string,
): Promise<Result> => {
  try {
    const result = await call(traceparentOf(span.spanContext()));
    endWith(span, 'OK');
    return result;
  } catch (error) {
    endWith(span, codeOf(error));
    throw error;
  }
};

/** An item of a batch with the trace that it belongs to. */
export interface Traced {
  readonly traceparent?: string;
}

/**
 * Handles a batch, with a span for each recorded trace that has an item in it. Calls made by the work belong to the first of these
 * traces; the spans of the others are linked to it.
 */
export const traceBatch = <Result>(
  step: 'publish' | 'take' | 'deliver',
  topic: string,
  batch: readonly Traced[],
  work: () => Promise<Result>,
): Promise<Result> => {
  if (tracer === undefined) return work();
  const kind = step === 'take' ? SpanKind.CONSUMER : SpanKind.PRODUCER;
  const attributes = { topic, events: batch.length };
  const spans: Span[] = [];
  for (const parent of sampledIn(batch)) {
    const links = spans[0] ? [{ context: spans[0].spanContext() }] : [];
    const from = trace.setSpanContext(ROOT_CONTEXT, parent);
    spans.push(tracer.startSpan(`${topic} ${step}`, { kind, links, attributes }, from));
  }
  const [first] = spans;
  if (first === undefined) return work();
  return ending(spans, () => context.with(trace.setSpan(ROOT_CONTEXT.setValue(OF_MANY, true), first), work));
};

/** One parent of each recorded trace. */
const sampledIn = (batch: readonly Traced[]): Iterable<SpanContext> => {
  const parents = new Map<string, SpanContext>();
  for (const { traceparent } of batch) {
    if (traceparent === undefined) continue;
    const parent = spanContextOf(traceparent);
    if (parent === undefined || (parent.traceFlags & TraceFlags.SAMPLED) === 0) continue;
    if (!parents.has(parent.traceId)) parents.set(parent.traceId, parent);
  }
  return parents.values();
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

/** An error is recorded by its code only: its message may hold personal data. */
const endWith = (span: Span, code: string): void => {
  if (span.isRecording()) {
    span.setAttribute('code', code);
    if (code !== 'OK') span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
};
