import { processLog } from '@crossroads/telemetry';
import { logVerbosity, type MethodDefinition, Server, setLogVerbosity, type UntypedHandleCall } from '@grpc/grpc-js';
import { Admissions, tellOfLimited } from './admission.js';
import { measured, observeCalls } from './call-metrics.js';
import { closed, drained } from './draining.js';
import { Callers } from '../identity/callers.js';
import { Connections } from './connections.js';
import { traceOf } from '../errors/error-trace.js';
import { framingErrors } from './grpc-js-refusals.js';
import { serviceNameOf } from '../definition.js';
import { type EndedCall, type HandlerContext, handlerOf } from './handlers.js';
import { Health } from './health.js';
import { type HealthServer, startHealthServer } from './health-server.js';
import { type CallerLimits, CallLimits, type LimitedCall } from './limits.js';
import type { Readiness } from './readiness.js';
import { addReflection } from './reflection.js';
import type { ServerCall } from './server-call.js';
import type { ServedMethod, ServedService } from './service.js';
import type { ReasonCodes } from '../errors/status.js';
import { MutualTlsCredentials, type TlsFiles } from '../identity/tls.js';

export interface ServerLimits extends CallerLimits {
  /** Of one message of a request. @default 4 MiB */
  readonly maxMessageBytes?: number;
  /** At once, on one connection. @default 1000 */
  readonly maxConcurrentCalls?: number;
  /** How long a stop waits for what is in flight. @default 10_000 */
  readonly stopWithinMs?: number;
}

export interface ServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls: TlsFiles;
  readonly trustDomain: string;
  readonly services: readonly ServedService[];
  /** `ErrorInfo.domain`, for example `subscription.crossroads`. */
  readonly domain: string;
  /** The code of each reason of a `Rejection`. */
  readonly reasonCodes?: ReasonCodes;
  readonly limits?: ServerLimits;
  /** SERVING only while all of it is there, asked every second. @default always */
  readonly readiness?: Readiness;
  /** Where health is served without TLS besides; 0 takes a free one. @default nowhere */
  readonly healthPort?: number | undefined;
  /**
   * After about so long a connection is given up for a new one, once its calls have ended: clients look their server up again,
   * find those that came since, and both sides show their renewed certificates. @default never
   */
  readonly maxConnectionAgeMs?: number | undefined;
  /** How long a stop goes on serving, though NOT_SERVING, until those who route calls here have heard of it. @default 0 */
  readonly drainMs?: number;
  /** Ends that, and leaves what is in flight one more second. */
  readonly hasten?: AbortSignal;
  /** What became INTERNAL, or UNAVAILABLE because something that we need is away. @default a line in the log, without messages */
  readonly onUnexpected?: (error: unknown, rpc: string) => void;
  /** Each call, when it has ended; also one that was not taken on. */
  readonly onEnd?: (call: EndedCall) => void;
  /** Each call that was not taken on, because its caller asks too much. */
  readonly onLimited?: (call: LimitedCall) => void;
}

export interface RunningServer {
  readonly port: number;
  readonly healthPort: number | undefined;
  readonly health: Health;
  /**
   * NOT_SERVING at once; after the drain no new connections and calls, what is in flight finishes, and what has not by then is
   * cut off. Idempotent.
   */
  stop(): Promise<void>;
}

const MIB = 1024 * 1024;
const LAST_ANSWERS_MS = 50;
/** Over which connections that are asked to leave are spread; never longer than the drain. */
const LEAVE_WITHIN_MS = 1_000;
/** How often the TLS files are looked at: at the three files' inodes, which costs nothing. */
const RENEW_EVERY_MS = 1_000;

const report = (error: unknown, rpc: string): void =>
  processLog().error('a call failed unexpectedly', { rpc, ...traceOf(error) });

const bytes = (value: Buffer): Buffer => value;

const wireDefinition = ({ rpc, requestStream, responseStream }: ServedMethod): MethodDefinition<Buffer, Buffer> => ({
  path: rpc,
  requestStream,
  responseStream,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
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
      if (error)
        reject(new Error(`cannot listen on ${address}; is it in use? Choose another GRPC_PORT`, { cause: error }));
      else resolve(port);
    });
  });

/** Health and reflection never count: they are for whoever watches over a server that has too much to do. */
const admissionsOf = (
  { limits = {}, domain, onLimited, onEnd }: ServerOptions,
  callers: Callers,
  methods: readonly ServedMethod[],
): Admissions | undefined => {
  if (limits.callsPerSecond === undefined && limits.concurrentCalls === undefined) return undefined;
  const limited = new Set(methods.map(({ rpc }) => rpc));
  const calls = new CallLimits(limits, () => performance.now());
  return new Admissions({ limits: calls, callers, limited, domain, onLimited, onEnd });
};

/** Serves over mutual TLS 1.3, with health and reflection for any certificate of the CA. Resolves when it listens. */
export const startServer = async (given: ServerOptions): Promise<RunningServer> => {
  const options = measured(given);
  const { domain, limits = {}, reasonCodes = {}, onUnexpected = report, onEnd, onLimited } = options;
  // What grpc-js would print comes as errors too, with an address and a way out.
  if (process.env.GRPC_VERBOSITY === undefined) setLogVerbosity(logVerbosity.NONE);
  const methods = options.services.flat();
  const callers = new Callers(options.trustDomain, Date.now);
  const admissions = admissionsOf(options, callers, methods);
  const server = new Server({
    'grpc.max_receive_message_length': limits.maxMessageBytes ?? 4 * MIB,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': limits.maxConcurrentCalls ?? 1000,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.enable_channelz': 0,
    interceptors: [
      framingErrors(domain, (rpc, call) =>
        tellOfLimited({ rpc, reason: 'SIZE', caller: callers.find(call) }, { onLimited, onEnd }),
      ),
      ...(admissions === undefined ? [] : [admissions.interceptor]),
    ],
  });
  let stopping: Promise<void> | undefined;
  let refusing = false;
  const active = new Map<ServerCall, () => void>();
  const observed = observeCalls(methods, () => active.keys());
  const context: HandlerContext = {
    callers,
    errors: { domain, reasonCodes },
    active,
    isStopping: () => refusing,
    onUnexpected,
    onEnd,
    admissions,
  };

  const names = [...new Set(methods.map(({ rpc }) => serviceNameOf(rpc)))];
  const health = new Health(names, options.readiness ?? {}, 1000);
  addMethods(server, context, [...methods, ...health.served()]);
  addReflection(server, names);

  const credentials = MutualTlsCredentials.from(options.tls);
  const port = await listen(server, `${options.host}:${options.port}`, credentials);
  const connections = new Connections(server, options.maxConnectionAgeMs);
  await health.start();
  const renewing = setInterval(() => credentials.renew(), RENEW_EVERY_MS).unref();
  const { healthPort } = options;
  let plain: HealthServer | undefined;
  try {
    if (healthPort !== undefined) plain = await startHealthServer(options.host, healthPort, health);
  } catch (error) {
    health.stop();
    server.forceShutdown();
    throw error;
  }

  const endless = new Set(methods.concat(health.served()).flatMap((method) => (method.endless ? [method.rpc] : [])));
  const serveNoMore = async () => {
    // After the watchers of health have been told, which takes a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    const { drainMs = 0, hasten } = options;
    await drained(drainMs, hasten);
    await connections.askAllToLeave(Math.min(drainMs, LEAVE_WITHIN_MS), hasten);
    refusing = true;
    for (const call of active.keys()) if (endless.has(call.rpc)) call.abort();
    if (await closed(server, limits.stopWithinMs ?? 10_000, options.hasten)) return;
    for (const [call, end] of active) {
      call.abort();
      end();
    }
    // So that the last answers still go out.
    await new Promise((resolve) => setTimeout(resolve, LAST_ANSWERS_MS));
    callers.disconnect();
    server.forceShutdown();
  };
  const stop = async () => {
    health.stop();
    clearInterval(renewing);
    await serveNoMore();
    // The last to go: as long as this process finishes what it has begun, it is alive.
    plain?.close();
  };
  return {
    port,
    healthPort: plain?.port,
    health,
    stop: () => (stopping ??= stop().finally(observed)),
  };
};
