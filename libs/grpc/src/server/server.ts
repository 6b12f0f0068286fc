import { logVerbosity, type MethodDefinition, Server, setLogVerbosity, type UntypedHandleCall } from '@grpc/grpc-js';
import { Admissions, reportLimited } from './admission.js';
import { measured, observeCalls } from './call-metrics.js';
import { drain, shutDown } from './draining.js';
import type { Caller } from '../identity/caller.js';
import { Callers } from '../identity/callers.js';
import type { RefusalOfKey } from '../identity/registered-keys.js';
import { Connections } from './connections.js';
import { logUnexpected } from '../errors/log-unexpected.js';
import { withErrorDetails } from './grpc-js-refusals.js';
import { serviceNameOf } from '../definition.js';
import { type EndedCall, type HandlerContext, handlerOf } from './handlers.js';
import { Health } from './health.js';
import { type RunningHealthServer, startHealthServer } from './health-server.js';
import { type LaneLimits, Lanes } from './lanes.js';
import { type CallerLimits, CallLimits, type LimitedCall } from './limits.js';
import type { Readiness } from './readiness.js';
import { addReflection } from './reflection.js';
import type { ServerCall } from './server-call.js';
import type { ServedMethod, ServedService } from './service.js';
import type { ReasonCodes } from '../errors/status.js';
import { MutualTlsCredentials, type TlsFiles } from '../identity/tls.js';

export interface ServerLimits extends CallerLimits, LaneLimits {
  /** The largest message of a request. @default 4 MiB */
  readonly maxMessageBytes?: number;
  /** Concurrent calls on one connection. @default 1000 */
  readonly maxConcurrentCalls?: number;
  /** How long a stop waits for calls in flight. @default 10_000 */
  readonly stopTimeoutMs?: number;
}

export interface ServerOptions {
  readonly host: string;
  /** Where services of the mesh connect; 0 takes a free port. */
  readonly port: number;
  /** The server's certificate and key, and the authorities of services. */
  readonly tls: TlsFiles;
  /** Where applications of institutions connect, and a PEM file with their authorities. @default they cannot */
  readonly institutions?: { readonly port: number; readonly ca: string } | undefined;
  readonly trustDomain: string;
  readonly services: readonly ServedService[];
  /** `ErrorInfo.domain`, for example `subscription.crossroads`. */
  readonly domain: string;
  /** The code of each reason of a `Rejection`. */
  readonly reasonCodes?: ReasonCodes;
  readonly limits?: ServerLimits;
  /** Callers whose key is not registered are refused before their message, and share one small budget. @default all keys are */
  readonly refusalOf?: RefusalOfKey;
  /** SERVING only while every check succeeds; they run every second. @default always SERVING */
  readonly readiness?: Readiness;
  /** Port that serves health without TLS, for a kubelet; 0 takes a free port. @default none */
  readonly healthPort?: number | undefined;
  /**
   * Age at which a connection is closed, once its calls have ended. Clients then resolve the server's name again and find new
   * instances, and both sides present their renewed certificates. @default never
   */
  readonly maxConnectionAgeMs?: number | undefined;
  /** How long a stop keeps serving while health says NOT_SERVING, so that load balancers notice in time. @default 0 */
  readonly drainMs?: number;
  /** Ends the drain at once, and leaves one second to calls in flight. */
  readonly forceStop?: AbortSignal;
  /** Called with errors that became INTERNAL, or UNAVAILABLE because of a dependency. @default logs the kind of error and its stack */
  readonly onUnexpected?: (error: unknown, rpc: string) => void;
  /** Called when a call has ended, also when it was refused by a limit. */
  readonly onEnd?: (call: EndedCall) => void;
  /** Called for each call that exceeded a limit. */
  readonly onLimited?: (call: LimitedCall) => void;
}

export interface RunningServer {
  /** For services of the mesh. */
  readonly port: number;
  /** For applications of institutions. */
  readonly institutionsPort: number | undefined;
  readonly healthPort: number | undefined;
  readonly health: Health;
  /**
   * Health says NOT_SERVING at once. After the drain the server accepts no connections and calls, waits for those in flight and
   * cancels the rest. Idempotent.
   */
  stop(): Promise<void>;
}

const MIB = 1024 * 1024;
/** Time for the last answers to reach their clients before connections are destroyed. */
const FLUSH_MS = 50;
/** Connections are asked to close one after the other over this time, or over the drain where that is shorter. */
const GOAWAY_SPREAD_MS = 1_000;
/** How often the TLS files are checked for changes: three calls of `stat`. */
const CERTIFICATE_CHECK_MS = 1_000;

const unchanged = (value: Buffer): Buffer => value;

const wireDefinition = ({ rpc, requestStream, responseStream }: ServedMethod): MethodDefinition<Buffer, Buffer> => ({
  path: rpc,
  requestStream,
  responseStream,
  requestSerialize: unchanged,
  requestDeserialize: unchanged,
  responseSerialize: unchanged,
  responseDeserialize: unchanged,
});

const addMethods = (server: Server, context: HandlerContext, methods: readonly ServedMethod[]): void => {
  const definition: Record<string, MethodDefinition<Buffer, Buffer>> = {};
  const handlers: Record<string, UntypedHandleCall> = {};
  for (const method of methods) {
    definition[method.rpc] = wireDefinition(method);
    handlers[method.rpc] = handlerOf(context, method);
  }
  server.addService(definition, handlers);
};

const listen = (server: Server, address: string, credentials: MutualTlsCredentials): Promise<number> =>
  new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error) reject(new Error(`cannot listen on ${address}; is it in use? Choose another port`, { cause: error }));
      else resolve(port);
    });
  });

/** Health and reflection never count, so that an overloaded server can be observed. */
const admissionsOf = (
  { refusalOf = () => undefined, domain, onLimited, onEnd }: ServerOptions,
  limits: CallLimits | undefined,
  callers: Callers,
  lanes: Lanes,
  methods: readonly ServedMethod[],
): Admissions => {
  const rpcs = new Map(
    methods.map(({ rpc, lane = 'online', endless, maxMessageBytes }) => [rpc, { lane, endless, maxMessageBytes }]),
  );
  return new Admissions({ limits, refusalOf, lanes, callers, rpcs, domain, onLimited, onEnd });
};

/** One port of a server, for callers of one kind, whose authorities are the only ones that it trusts. */
interface Listener {
  readonly port: number;
  readonly server: Server;
  readonly callers: Callers;
  readonly credentials: MutualTlsCredentials;
  readonly connections: Connections;
}

/**
 * Serves over mutual TLS 1.3, with health and reflection for any certificate of the port's authorities. The port says of which kind a caller
 * is, and the certificate its name. Resolves when it listens.
 */
export const startServer = async (given: ServerOptions): Promise<RunningServer> => {
  const options = measured(given);
  const { domain, limits = {}, reasonCodes = {}, onUnexpected = logUnexpected, onEnd, onLimited } = options;
  // grpc-js would print errors that are thrown here as well, with the address and what to do.
  if (process.env.GRPC_VERBOSITY === undefined) setLogVerbosity(logVerbosity.NONE);
  const methods = options.services.flat();
  const lanes = new Lanes(limits);
  const unlimited = limits.callsPerSecond === undefined && limits.concurrentCalls === undefined;
  const callLimits = unlimited ? undefined : new CallLimits(limits);
  let stopping: Promise<void> | undefined;
  let refusesCalls = false;
  const active = new Map<ServerCall, () => void>();
  const stopObserving = [observeCalls(methods, () => active.keys()), lanes.observe()];
  const names = [...new Set(methods.map(({ rpc }) => serviceNameOf(rpc)))];
  const health = new Health(names, options.readiness ?? {}, 1000);

  const open = async (kind: Caller['kind'], port: number, tls: TlsFiles): Promise<Listener> => {
    const callers = new Callers(kind, options.trustDomain, () => Date.now());
    const admissions = admissionsOf(options, callLimits, callers, lanes, methods);
    const server = new Server({
      'grpc.max_receive_message_length': limits.maxMessageBytes ?? 4 * MIB,
      'grpc.max_send_message_length': -1,
      'grpc.max_concurrent_streams': limits.maxConcurrentCalls ?? 1000,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 10_000,
      'grpc.enable_channelz': 0,
      interceptors: [
        withErrorDetails(domain, (rpc, call) =>
          reportLimited({ rpc, reason: 'SIZE', caller: callers.find(call) }, { onLimited, onEnd }),
        ),
        admissions.interceptor,
      ],
    });
    const context: HandlerContext = {
      callers,
      errors: { domain, reasonCodes },
      active,
      isStopping: () => refusesCalls,
      onUnexpected,
      onEnd,
      admissions,
      lanes,
    };
    addMethods(server, context, [...methods, ...health.served()]);
    addReflection(server, names);
    const credentials = MutualTlsCredentials.from(tls);
    const bound = await listen(server, `${options.host}:${port}`, credentials);
    return {
      port: bound,
      server,
      callers,
      credentials,
      connections: new Connections(server, options.maxConnectionAgeMs),
    };
  };

  const listeners: Listener[] = [];
  const { healthPort, institutions, tls } = options;
  let healthServer: RunningHealthServer | undefined;
  try {
    listeners.push(await open('service', options.port, tls));
    if (institutions !== undefined)
      listeners.push(await open('institution', institutions.port, { ...tls, ca: institutions.ca }));
    await health.start();
    if (healthPort !== undefined) healthServer = await startHealthServer(options.host, healthPort, health);
  } catch (error) {
    health.stop();
    for (const { server } of listeners) server.forceShutdown();
    throw error;
  }
  const certificateCheck = setInterval(() => {
    for (const { credentials } of listeners) credentials.renew();
  }, CERTIFICATE_CHECK_MS).unref();

  const endless = new Set(methods.concat(health.served()).flatMap((method) => (method.endless ? [method.rpc] : [])));
  const stopServing = async () => {
    // Watchers of health are notified in the next turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    const { drainMs = 0, forceStop } = options;
    await drain(drainMs, forceStop);
    const spreadMs = Math.min(drainMs, GOAWAY_SPREAD_MS);
    await Promise.all(listeners.map(({ connections }) => connections.closeAllGracefully(spreadMs, forceStop)));
    refusesCalls = true;
    for (const call of active.keys()) if (endless.has(call.rpc)) call.abort();
    const shut = await Promise.all(
      listeners.map(({ server }) => shutDown(server, limits.stopTimeoutMs ?? 10_000, forceStop)),
    );
    if (shut.every(Boolean)) return;
    for (const [call, end] of active) {
      call.abort();
      end();
    }
    await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
    for (const { callers, server } of listeners) {
      callers.disconnect();
      server.forceShutdown();
    }
  };
  const stop = async () => {
    health.stop();
    clearInterval(certificateCheck);
    await stopServing();
    // Last, so that the process counts as alive while it finishes its calls.
    healthServer?.close();
  };
  const [forServices, forInstitutions] = listeners;
  return {
    port: forServices?.port ?? 0,
    institutionsPort: forInstitutions?.port,
    healthPort: healthServer?.port,
    health,
    stop: () =>
      (stopping ??= stop().finally(() => {
        for (const end of stopObserving) end();
      })),
  };
};
