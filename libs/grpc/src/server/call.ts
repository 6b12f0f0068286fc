import type { Metadata } from '@grpc/grpc-js';
import type { MethodShape, RequestOf, ResponseOf } from '../definition.js';
import type { Caller } from '../identity/caller.js';

/** What a handler knows about its call. */
export interface Call {
  readonly caller: Caller;
  readonly metadata: Metadata;
  /** Aborted when the client cancels, the deadline passes, or the server stops. */
  readonly signal: AbortSignal;
  /** The rpc as `/package.Service/Method`. */
  readonly rpc: string;
  /** SHA-256 of the request bytes as received (unary and server-streaming calls); used as `RequestKey.hash`. */
  readonly requestHash: Uint8Array;
}

/** What a controller implements for a generated service definition: promises for unary calls, async iterables for streams. */
export type Serves<Definition extends Record<string, MethodShape>> = {
  [Name in keyof Definition]: (
    request: Definition[Name]['requestStream'] extends true
      ? AsyncIterable<RequestOf<Definition[Name]>>
      : RequestOf<Definition[Name]>,
    call: Call,
  ) => Definition[Name]['responseStream'] extends true
    ? AsyncIterable<ResponseOf<Definition[Name]>>
    : Promise<ResponseOf<Definition[Name]>>;
};
