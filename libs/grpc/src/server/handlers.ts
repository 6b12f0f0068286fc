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
import { Cancelled, PermissionDenied, Unavailable } from '../errors/failures.js';
import { type Caller, callerLabel } from '../identity/caller.js';
import { type ArrivedCall, ServerCall } from './server-call.js';
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
  /** Calls in hand, with what ends each of them though its handler has not. */
  readonly active: Map<ServerCall, () => void>;
  readonly isStopping: () => boolean;
  readonly onUnexpected: (error: unknown, rpc: string) => void;
  readonly onEnd: ((call: EndedCall) => void) | undefined;
  /** Absent when no caller is limited. */
  readonly admissions: Admissions | undefined;
}

type Arrived = ArrivedCall & Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>;

const stopping = () =>
  new Unavailable('SERVER_STOPPING', 'this server is stopping; ask another or try again', { retryAfterMs: 100 });

/** Runs one call from its certificate to its answer. `answer` throws to refuse; `refuse` sends what was thrown. */
const run = async (
  context: HandlerContext,
  method: ServedMethod,
  arrived: Arrived,
  bytes: Buffer | undefined,
  answer: (call: ServerCall) => Promise<void>,
  refuse: (reply: StatusReply) => void,
): Promise<void> => {
  const startedAt = context.onEnd === undefined ? 0 : performance.now();
  let call: ServerCall | undefined;
  let span: ServedCall | undefined;
  let code = status.OK;
  const letGo = context.admissions?.hold(Reflect.get(arrived, 'call'));
  try {
    const caller = context.callers.of(arrived);
    const taken = new ServerCall(arrived, caller, method.rpc, bytes);
    call = taken;
    context.active.set(call, () => refuse(toStatus(stopping(), context.errors)));
    if (context.isStopping() && method.endless) taken.abort();
    span = method.endless ? undefined : spanOf(method.rpc, arrived.metadata, caller);
    if (span === undefined) await proceed(method, taken, answer);
    else await span.run(() => proceed(method, taken, answer));
  } catch (error) {
    const reply = toStatus(endingOf(error, call, context), context.errors);
    code = reply.code;
    // Within its trace: the line in the log says which.
    if (reply.unexpected) within(span, () => context.onUnexpected(error, method.rpc));
    refuse(reply);
  } finally {
    letGo?.();
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

const within = (span: ServedCall | undefined, tell: () => void): void => (span === undefined ? tell() : span.run(tell));

/** Lets the caller in, or not, and has the call answered. */
const proceed = async (
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

/** After an abort it does not matter how the handler ended. */
const endingOf = (error: unknown, call: ServerCall | undefined, { isStopping }: HandlerContext): unknown => {
  if (call === undefined || !call.isAborted) return error;
  return isStopping() ? stopping() : new Cancelled();
};

const responsesOf = (responses: unknown, rpc: string): AsyncIterable<unknown> => {
  if (!isAsyncIterable(responses)) throw new TypeError(`the handler of ${rpc} gives no async iterable`);
  return responses;
};

/** The grpc-js handler of an rpc; requests and responses are bytes there, so that a bad message is ours to answer. */
export const handlerOf = (context: HandlerContext, method: ServedMethod): UntypedHandleCall => {
  const { decode, encode, invoke, rpc } = method;

  const unary = (arrived: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
    const bytes = arrived.request;
    const answer = async (call: ServerCall) => callback(null, encode(await invoke(decodeWith(decode, bytes), call)));
    void run(context, method, arrived, bytes, answer, callback);
  };

  const clientStream = (arrived: ServerReadableStream<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
    const answer = async (call: ServerCall) =>
      callback(null, encode(await invoke(method.raw ? arrived : decoded(arrived, decode), call)));
    void run(context, method, arrived, undefined, answer, callback);
  };

  const serverStream = (arrived: ServerWritableStream<Buffer, Buffer>) => {
    const bytes = arrived.request;
    const answer = async (call: ServerCall) => {
      const responses = responsesOf(await invoke(decodeWith(decode, bytes), call), rpc);
      await writeAll(responses, arrived, encode, call.signal);
      arrived.end();
    };
    void run(context, method, arrived, bytes, answer, (reply) => arrived.emit('error', reply));
  };

  const bidi = (arrived: ServerDuplexStream<Buffer, Buffer>) => {
    const answer = async (call: ServerCall) => {
      const responses = responsesOf(await invoke(method.raw ? arrived : decoded(arrived, decode), call), rpc);
      await writeAll(responses, arrived, encode, call.signal);
      arrived.end();
    };
    void run(context, method, arrived, undefined, answer, (reply) => arrived.emit('error', reply));
  };

  if (method.requestStream) return method.responseStream ? bidi : clientStream;
  return method.responseStream ? serverStream : unary;
};
