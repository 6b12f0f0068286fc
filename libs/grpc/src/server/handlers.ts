import { inCallContext } from '@crossroads/configuration';
import type { ServedCall } from '@crossroads/telemetry';
import type {
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { Admissions } from './admission.js';
import { spanOf } from './call-tracing.js';
import type { Callers } from '../identity/callers.js';
import { Cancelled, DeadlineExceeded, GrpcFailure, PermissionDenied, Unavailable } from '../errors/failures.js';
import { type Caller, callerLabel } from '../identity/caller.js';
import type { Lanes } from './lanes.js';
import { type GrpcCall, ServerCall } from './server-call.js';
import { isAllowed, type ServedMethod } from './service.js';
import { type ErrorMapping, type StatusReply, toStatus } from '../errors/status.js';
import { decoded, decodeWith, isAsyncIterable, writeAll } from '../streams.js';

/** A call that has ended, for metrics. */
export interface EndedCall {
  readonly rpc: string;
  readonly code: status;
  readonly milliseconds: number;
  /** Absent when the certificate named nobody. */
  readonly caller: Caller | undefined;
}

export interface HandlerContext {
  readonly callers: Callers;
  readonly errors: ErrorMapping;
  /** Calls in flight, each with the function that answers its client before the handler has ended. */
  readonly active: Map<ServerCall, () => void>;
  readonly isStopping: () => boolean;
  readonly onUnexpected: (error: unknown, rpc: string) => void;
  readonly onEnd: ((call: EndedCall) => void) | undefined;
  readonly admissions: Admissions;
  readonly lanes: Lanes;
}

type IncomingCall = GrpcCall & Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>;

const serverStopping = () =>
  new Unavailable('SERVER_STOPPING', 'this server is stopping; ask another or try again', { retryAfterMs: 100 });

/** Runs one call, from its certificate to its answer. `answer` throws to refuse the call; `refuse` sends the status of what was thrown. */
const run = async (
  context: HandlerContext,
  method: ServedMethod,
  incoming: IncomingCall,
  bytes: Buffer | undefined,
  answer: (call: ServerCall) => Promise<void>,
  refuse: (reply: StatusReply) => void,
): Promise<void> => {
  const startedAt = context.onEnd === undefined ? 0 : performance.now();
  let call: ServerCall | undefined;
  let span: ServedCall | undefined;
  let code = status.OK;
  let timer: NodeJS.Timeout | undefined;
  const held = context.admissions.hold(Reflect.get(incoming, 'call'));
  const lane = held?.lane ?? 'online';
  try {
    const caller = context.callers.of(incoming);
    const given = incoming.getDeadline();
    const usual = given === Number.POSITIVE_INFINITY ? context.lanes.deadlineMs(lane, method) : undefined;
    const deadline = usual === undefined ? Number(given) : Date.now() + usual;
    const served = new ServerCall(incoming, caller, method.rpc, bytes, { lane, deadline });
    call = served;
    if (usual !== undefined) timer = setTimeout(() => expire(served, usual, refuse, context), usual).unref();
    context.active.set(call, () => refuse(toStatus(serverStopping(), context.errors)));
    if (context.isStopping() && method.endless) served.abort();
    span = method.endless ? undefined : spanOf(method.rpc, incoming.metadata, caller);
    const work = () => inCallContext(served, () => authorizeAndAnswer(method, served, answer));
    await (span === undefined ? work() : span.run(work));
  } catch (error) {
    const reply = toStatus(reportedError(error, call, context), context.errors);
    code = reply.code;
    // In its trace, so that the log line names the trace.
    if (reply.unexpected) runIn(span, () => context.onUnexpected(error, method.rpc));
    refuse(reply);
  } finally {
    clearTimeout(timer);
    held?.release();
    span?.end(status[code] ?? 'UNKNOWN');
    if (call !== undefined) {
      call.finish();
      context.active.delete(call);
    }
    context.onEnd?.({
      rpc: method.rpc,
      code,
      milliseconds: performance.now() - startedAt,
      caller: call?.caller,
    });
  }
};

/** Answers at once: the handler may take longer to notice. */
const expire = (
  call: ServerCall,
  milliseconds: number,
  refuse: (reply: StatusReply) => void,
  { errors }: HandlerContext,
): void => {
  const seconds = milliseconds / 1_000;
  const expired = new DeadlineExceeded(
    `without a deadline of its own a call of this kind ends after ${seconds} seconds; set one that is longer`,
  );
  call.abort(expired);
  refuse(toStatus(expired, errors));
};

const runIn = (span: ServedCall | undefined, work: () => void): void => (span === undefined ? work() : span.run(work));

/** @throws PermissionDenied, and whatever `authenticate` and the handler throw */
const authorizeAndAnswer = async (
  method: ServedMethod,
  call: ServerCall,
  answer: (call: ServerCall) => Promise<void>,
): Promise<void> => {
  if (!isAllowed(method.allow, call.caller))
    throw new PermissionDenied('CALLER_NOT_ALLOWED', `this rpc is not for ${callerLabel(call.caller)}`, {
      metadata: { rpc: method.rpc },
    });
  const authenticating = method.authenticate?.(call.caller, method.rpc);
  if (authenticating !== undefined) await authenticating;
  await answer(call);
};

/** After an abort the handler's own error tells nothing: the client is told why the call was aborted. */
const reportedError = (error: unknown, call: ServerCall | undefined, { isStopping }: HandlerContext): unknown => {
  if (call === undefined) return error;
  if (call.isAborted) return call.abortReason ?? (isStopping() ? serverStopping() : new Cancelled());
  return call.isCancelled && !(error instanceof GrpcFailure) ? new DeadlineExceeded() : error;
};

const responsesOf = (responses: unknown, rpc: string): AsyncIterable<unknown> => {
  if (!isAsyncIterable(responses)) throw new TypeError(`the handler of ${rpc} returns no async iterable`);
  return responses;
};

/**
 * A duplex that is being read destroys itself at an error. If a response is still being written, grpc-js then sends no status, and the client
 * would wait for ever.
 */
const failDuplex = (incoming: ServerDuplexStream<Buffer, Buffer>, reply: StatusReply): void => {
  incoming.once('close', () => {
    const call = Reflect.get(incoming, 'call') as { sendStatus(reply: StatusReply): void };
    if (!incoming.writableFinished) call.sendStatus(reply);
  });
  incoming.emit('error', reply);
};

/** The grpc-js handler of an rpc. It works with bytes, so that a malformed message is refused here and not by grpc-js. */
export const handlerOf = (context: HandlerContext, method: ServedMethod): UntypedHandleCall => {
  const { decode, encode, invoke, rpc } = method;

  const unary = (incoming: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
    const bytes = incoming.request;
    const answer = async (call: ServerCall) => callback(null, encode(await invoke(decodeWith(decode, bytes), call)));
    void run(context, method, incoming, bytes, answer, callback);
  };

  const clientStream = (incoming: ServerReadableStream<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
    const answer = async (call: ServerCall) =>
      callback(null, encode(await invoke(method.raw ? incoming : decoded(incoming, decode), call)));
    void run(context, method, incoming, undefined, answer, callback);
  };

  const serverStream = (incoming: ServerWritableStream<Buffer, Buffer>) => {
    const bytes = incoming.request;
    const answer = async (call: ServerCall) => {
      const responses = responsesOf(await invoke(decodeWith(decode, bytes), call), rpc);
      await writeAll(responses, incoming, encode, call.signal);
      incoming.end();
    };
    void run(context, method, incoming, bytes, answer, (reply) => incoming.emit('error', reply));
  };

  const bidi = (incoming: ServerDuplexStream<Buffer, Buffer>) => {
    const answer = async (call: ServerCall) => {
      const responses = responsesOf(await invoke(method.raw ? incoming : decoded(incoming, decode), call), rpc);
      await writeAll(responses, incoming, encode, call.signal);
      incoming.end();
    };
    void run(context, method, incoming, undefined, answer, (reply) => failDuplex(incoming, reply));
  };

  if (method.requestStream) return method.responseStream ? bidi : clientStream;
  return method.responseStream ? serverStream : unary;
};
