import { isIP } from 'node:net';
import { type CallContext, callContext, type Lane } from '@crossroads/configuration';
import { activeTraceparent, traceCall } from '@crossroads/telemetry';
import {
  type ChannelOptions,
  Client,
  Metadata,
  type MethodDefinition,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import type { MethodShape, RequestOf, ResponseOf } from '../definition.js';
import { identityUri, type ServerIdentity } from '../identity/peer.js';
import { errorOf, RemoteError } from '../errors/remote-error.js';
import { withRetries } from './retries.js';
import { callBidi, callClientStream, callServerStream, callUnary, type OpenCall } from './calls.js';
import { LANE_HEADER } from '../lane-header.js';
import { isAsyncIterable } from '../streams.js';
import type { ServerKeys } from '../identity/server-keys.js';
import { channelCredentials, type TlsFiles } from '../identity/tls.js';

export interface ConnectOptions {
  /** With the authorities of the server's kind: those of services, or those of institutions. */
  readonly tls: TlsFiles;
  readonly trustDomain: string;
  /** The identity that the server must have, whatever its host name. */
  readonly server: ServerIdentity;
  /** Which keys the server's certificate may have. @default any */
  readonly serverKeys?: ServerKeys;
  /** For calls without a deadline of their own; streams of responses have none by default. @default 5_000 */
  readonly deadlineMs?: number;
  /** Rpcs that only read, and may be retried; so may requests with a `requestId`. */
  readonly reads?: readonly string[];
  /** @default 4 MiB */
  readonly maxMessageBytes?: number;
}

/** A call that is made while another one is served ends with that one at the latest: at its deadline, and when its caller leaves. */
export interface CallOptions {
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** A less urgent lane than that of the rpc. @default that of the call that is being served */
  readonly lane?: Lane;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The rpcs of a definition for its client: promises, and async iterables for streams. They fail with `RemoteError`. */
export type Calls<Definition extends Record<string, MethodShape>> = {
  readonly [Name in keyof Definition]: (
    request: Definition[Name]['requestStream'] extends true
      ? AsyncIterable<RequestOf<Definition[Name]>>
      : RequestOf<Definition[Name]>,
    options?: CallOptions,
  ) => Definition[Name]['responseStream'] extends true
    ? AsyncIterable<ResponseOf<Definition[Name]>>
    : Promise<ResponseOf<Definition[Name]>>;
};

export type Connection<Definition extends Record<string, MethodShape>> = Calls<Definition> & { close(): void };

const MIB = 1024 * 1024;

/** A client reconnects to a server that recovered within two seconds, and gives up a connection that is silent for 15 seconds. */
const CHANNEL: ChannelOptions = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.dns_min_time_between_resolutions_ms': 1_000,
  'grpc.enable_channelz': 0,
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
};

/** One DNS name, whose addresses are used in turn, or several IPv4 addresses with ports. */
const targetOf = (addresses: readonly string[]): string => {
  const [first] = addresses;
  if (first === undefined) throw new TypeError('connect needs an address, for example exchange:8443');
  if (addresses.length === 1) return first.includes('://') || first.startsWith('ipv4:') ? first : `dns:///${first}`;
  if (!addresses.every((address) => isIP(address.replace(/:[0-9]+$/, '')) === 4))
    throw new TypeError(
      'several addresses are IPv4 addresses with ports; give a DNS name that resolves to all instead',
    );
  return `ipv4:${addresses.join(',')}`;
};

const nameOf = (identity: ServerIdentity): string => {
  if (identity.kind === 'service') return identity.name;
  return 'application' in identity ? identity.application : identity.enterpriseNumber;
};

const metadataOf = (entries: CallOptions['metadata'], lane: Lane, traceparent: string | undefined): Metadata => {
  const metadata = new Metadata();
  if (traceparent !== undefined) metadata.set('traceparent', traceparent);
  if (lane !== 'online') metadata.set(LANE_HEADER, lane);
  for (const [name, value] of Object.entries(entries ?? {})) metadata.set(name, value);
  return metadata;
};

/** The earlier one of a call's own deadline and that of the call that it is made for; milliseconds since 1970. */
const deadlineOf = (deadlineMs: number | undefined, context: CallContext | undefined): number =>
  Math.min(
    deadlineMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + deadlineMs,
    context?.deadline ?? Number.POSITIVE_INFINITY,
  );

const hasRequestId = (request: unknown): boolean => {
  const id: unknown = typeof request === 'object' && request !== null ? Reflect.get(request, 'requestId') : undefined;
  return typeof id === 'string' && id !== '';
};

async function* withReadableErrors(items: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  try {
    yield* items;
  } catch (error) {
    throw errorOf(error);
  }
}

const codeOf = (error: unknown): string => (error instanceof RemoteError ? status[error.code] : undefined) ?? 'UNKNOWN';

type AnyCall = (request: unknown, options?: CallOptions) => unknown;

const callOf = (
  client: Client,
  method: MethodDefinition<unknown, unknown>,
  name: string,
  { deadlineMs: defaultDeadlineMs = 5_000, reads = [] }: ConnectOptions,
): AnyCall => {
  const open = (
    options: CallOptions,
    context: CallContext | undefined,
    deadline: number,
    traceparent: string | undefined = activeTraceparent(),
  ): OpenCall => ({
    client,
    method,
    metadata: metadataOf(options.metadata, options.lane ?? context?.lane ?? 'online', traceparent),
    deadline: deadline === Number.POSITIVE_INFINITY ? undefined : new Date(deadline),
    signal: options.signal,
    context,
  });
  const openStream = (options: CallOptions): OpenCall => {
    const context = callContext();
    return open(options, context, deadlineOf(options.deadlineMs, context));
  };

  const unary: AnyCall = (request, options = {}) => {
    const context = callContext();
    const deadline = deadlineOf(options.deadlineMs ?? defaultDeadlineMs, context);
    const isIdempotent = reads.includes(name) || hasRequestId(request);
    const rules = { deadline, isIdempotent, signal: options.signal, context };
    return traceCall(
      method.path,
      (traceparent) => withRetries(() => callUnary(open(options, context, deadline, traceparent), request), rules),
      codeOf,
    );
  };
  const serverStream: AnyCall = (request, options = {}) =>
    withReadableErrors(callServerStream(openStream(options), request));
  const streamOf = (requests: unknown): AsyncIterable<unknown> => {
    if (!isAsyncIterable(requests)) throw new TypeError(`${method.path} takes an async iterable of requests`);
    return requests;
  };
  const clientStream: AnyCall = (requests, options = {}) =>
    callClientStream(openStream(options), streamOf(requests)).catch((error: unknown) => {
      throw errorOf(error);
    });
  const bidi: AnyCall = (requests, options = {}) =>
    withReadableErrors(callBidi(openStream(options), streamOf(requests)));

  if (method.requestStream) return method.responseStream ? bidi : clientStream;
  return method.responseStream ? serverStream : unary;
};

type Definition = Record<string, MethodShape>;

/** Each function was made from the method of the same name, so that it has the types of that method. */
const isConnection = <D extends Definition>(calls: object, definition: D): calls is Connection<D> =>
  'close' in calls && Object.keys(definition).every((name) => name in calls);

/**
 * A client of a generated service over mutual TLS. Every unary call has a deadline, and is retried with back-off until then if that is
 * safe. The first call opens the connection.
 */
export const connect = <D extends Definition & ServiceDefinition>(
  definition: D,
  address: string | readonly string[],
  options: ConnectOptions,
): Connection<D> => {
  const { tls, trustDomain, server, serverKeys } = options;
  const credentials = channelCredentials(tls, identityUri(trustDomain, server), (socket) =>
    serverKeys?.accept(socket, trustDomain, server.kind),
  );
  const client = new Client(targetOf(typeof address === 'string' ? [address] : address), credentials, {
    ...CHANNEL,
    'grpc.max_receive_message_length': options.maxMessageBytes ?? 4 * MIB,
    // Addresses are often IP addresses, which TLS does not take as a server's name.
    'grpc.ssl_target_name_override': nameOf(server),
  });
  const calls: Record<string, unknown> = { close: () => client.close() };
  for (const [name, method] of Object.entries<ServiceDefinition[string]>(definition))
    calls[name] = callOf(client, method, name, options);
  if (!isConnection(calls, definition)) throw new TypeError('a service may not have an rpc called close');
  return calls;
};
