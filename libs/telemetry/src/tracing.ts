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

/** Known to the event store by its name: in a batch, what is appended says itself from where it comes. */
const OF_MANY = createContextKey('crossroads of many');

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

/** What has come from somewhere, or goes there. */
export interface Traced {
  readonly traceparent?: string;
}

/**
 * Handles a batch: each recorded trace that has something in it gets a span. What is called meanwhile belongs to the first of
 * them; the others are linked to it.
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

/** One of each recorded trace. */
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

/** What went wrong says its code alone: a message could hold what nobody should read. */
const endWith = (span: Span, code: string): void => {
  if (span.isRecording()) {
    span.setAttribute('code', code);
    if (code !== 'OK') span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
};
