import type { EventEmitter } from 'node:events';
import type {
  CallOptions,
  Client,
  ClientReadableStream,
  ClientWritableStream,
  Metadata,
  MethodDefinition,
} from '@grpc/grpc-js';
import type { CallContext } from '@crossroads/configuration';
import { writeAll } from '../streams.js';

/** What grpc-js needs to open a call. */
export interface OpenCall {
  readonly client: Client;
  readonly method: MethodDefinition<unknown, unknown>;
  readonly metadata: Metadata;
  readonly deadline: Date | undefined;
  readonly signal: AbortSignal | undefined;
  /** The call that this one is made for: it is cancelled with it. */
  readonly context: CallContext | undefined;
}

interface Cancellable {
  cancel(): void;
}

const grpcOptions = ({ deadline }: OpenCall): CallOptions => (deadline === undefined ? {} : { deadline });

/** Cancels the call when the signal is aborted, or the call that it is made for is cancelled. Returns the function that stops listening. */
const cancelOn = ({ signal, context }: OpenCall, call: Cancellable): (() => void) => {
  if (signal === undefined && context === undefined) return () => undefined;
  const cancel = () => call.cancel();
  if (signal?.aborted) cancel();
  else signal?.addEventListener('abort', cancel, { once: true });
  const stopListening = context?.onCancel(cancel);
  return () => {
    signal?.removeEventListener('abort', cancel);
    stopListening?.();
  };
};

export const callUnary = (open: OpenCall, request: unknown): Promise<unknown> => {
  const { client, method, metadata } = open;
  return new Promise((resolve, reject) => {
    let release = (): void => undefined;
    const call = client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      metadata,
      grpcOptions(open),
      (error, response) => {
        release();
        if (error) reject(error);
        else resolve(response);
      },
    );
    release = cancelOn(open, call);
  });
};

/** Sends all requests. The answer decides the outcome of the call, unless the source of the requests fails first. */
const sendAll = async (
  requests: AsyncIterable<unknown>,
  call: ClientWritableStream<unknown> & Cancellable,
): Promise<void> => {
  const ended = new AbortController();
  const onEnd = () => ended.abort();
  (call as EventEmitter).once('status', onEnd).once('error', onEnd);
  try {
    await writeAll(requests, call, (request) => request, ended.signal);
    call.end();
  } catch (error) {
    if (ended.signal.aborted) return;
    call.cancel();
    throw error;
  }
};

export const callClientStream = async (open: OpenCall, requests: AsyncIterable<unknown>): Promise<unknown> => {
  const { client, method, metadata } = open;
  let sent: Promise<void> = Promise.resolve();
  let release = (): void => undefined;
  const answer = new Promise<unknown>((resolve, reject) => {
    const call = client.makeClientStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      metadata,
      grpcOptions(open),
      (error, response) => {
        if (error) reject(error);
        else resolve(response);
      },
    );
    release = cancelOn(open, call);
    sent = sendAll(requests, call);
  });
  try {
    const [response] = await Promise.all([answer, sent]);
    return response;
  } finally {
    release();
  }
};

/** Leaving the loop early cancels the call. */
async function* received(
  call: ClientReadableStream<unknown>,
  open: OpenCall,
  sent: Promise<void>,
): AsyncGenerator<unknown> {
  const release = cancelOn(open, call);
  // A source that fails cancels the call, and its own error says more than CANCELLED.
  let sourceError: unknown;
  sent.catch((error: unknown) => {
    sourceError = error;
  });
  try {
    for await (const response of call) yield response;
  } catch (error) {
    throw sourceError ?? error;
  } finally {
    release();
    call.cancel();
  }
}

export const callServerStream = (open: OpenCall, request: unknown): AsyncGenerator<unknown> => {
  const { client, method, metadata } = open;
  const { path, requestSerialize, responseDeserialize } = method;
  const options = grpcOptions(open);
  const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, metadata, options);
  return received(call, open, Promise.resolve());
};

export const callBidi = (open: OpenCall, requests: AsyncIterable<unknown>): AsyncGenerator<unknown> => {
  const { client, method, metadata } = open;
  const { path, requestSerialize, responseDeserialize } = method;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, grpcOptions(open));
  return received(call, open, sendAll(requests, call));
};
