import type { Metadata } from '@grpc/grpc-js';

/** Who is connected, taken from the client certificate only, never from metadata. */
export type Caller =
  | { readonly kind: 'institution'; readonly enterpriseNumber: string; readonly application: string; readonly spki: string }
  | { readonly kind: 'service'; readonly name: string; readonly spki: string };

/** What a handler knows of its call. `spki` of the caller is the base64url SHA-256 of the certificate's SubjectPublicKeyInfo. */
export interface Call {
  readonly caller: Caller;
  readonly metadata: Metadata;
  /** Aborted when the client cancels, the deadline passes, or the server stops. */
  readonly signal: AbortSignal;
  /** The rpc as `/package.Service/Method`. */
  readonly rpc: string;
  /** SHA-256 of the request's bytes as received (unary and server-streaming calls); for `RequestKey.hash`. */
  readonly requestHash: Uint8Array;
}

interface MethodShape {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
}

type Request<Method extends MethodShape> = ReturnType<Method['requestDeserialize']>;
type Response<Method extends MethodShape> = ReturnType<Method['responseDeserialize']>;

/** What a controller implements for a generated service definition: promises for unary calls, async iterables for streams. */
export type Serves<Definition extends Record<string, MethodShape>> = {
  [Name in keyof Definition]: (
    request: Definition[Name]['requestStream'] extends true ? AsyncIterable<Request<Definition[Name]>> : Request<Definition[Name]>,
    call: Call,
  ) => Definition[Name]['responseStream'] extends true
    ? AsyncIterable<Response<Definition[Name]>>
    : Promise<Response<Definition[Name]>>;
};
