import { Rejection } from '@crossroads/eventsourcing/decider';
import { RequestIdReused, WrongExpectedRevision } from '@crossroads/eventsourcing/errors';
import { status } from '@grpc/grpc-js';
import { type Connection, type ConnectOptions, connect } from '../client/client.js';
import { InvalidInput, PermissionDenied, Unavailable } from '../errors/failures.js';
import type { Call } from '../server/call.js';
import { RemoteError } from '../errors/remote-error.js';
import { type RunningServer, type ServerOptions, startServer } from '../server/server.js';
import { serve } from '../server/service.js';
import type { TlsFiles } from '../identity/tls.js';
import { TestAuthority } from './certificates.js';
import { EchoService, response } from './echo-service.js';

export const trustDomain = 'crossroads.test';
export const ENTERPRISE = '0884303369';

/** What `refuse` throws, by the topic of the request. */
const thrown: Readonly<Record<string, () => Error | undefined>> = {
  rejection: () => new Rejection('SUBSCRIPTION_NOT_OPEN', 'only an open one can be closed', { state: 'closed' }),
  unmapped: () => new Rejection('NOBODY_KNOWS', 'a reason without a code'),
  race: () => new WrongExpectedRevision(),
  reused: () => new RequestIdReused(),
  input: () =>
    new InvalidInput(
      { field: 'ssin', reason: 'SSIN_CHECKSUM', description: 'wrong check' },
      { field: 'end_date', reason: 'INVALID_PERIOD', description: 'ends before it begins' },
    ),
  everything: () => {
    const wrong = { reason: 'SSIN_CHECKSUM', description: 'wrong check; look for a typing error' };
    const others = Array.from({ length: 10_000 }, (_, i) => ({ field: `ssins[${i + 1}]`, ...wrong }));
    return new InvalidInput({ field: 'ssins[0]', ...wrong }, ...others);
  },
  stale: () => new Unavailable('POLICY_STALE', 'the policy is not known', { retryAfterMs: 1500 }),
  bug: () => new TypeError('secret: 81050103522'),
  database: () => Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
  // The reason of an abort is thrown as it is, and need not be an error.
  'a string': () => {
    AbortSignal.abort('a string').throwIfAborted();
    return undefined;
  },
  shutdown: () => new Error('query', { cause: Object.assign(new Error('terminating'), { code: '57P01' }) }),
};

/** A server of `EchoService` for specs, with a record of its calls, and clients for it. */
export class EchoServer {
  readonly seen: Call[] = [];
  readonly unexpected: unknown[] = [];
  /** Responses that `count` has yielded, and streams of it that have ended. */
  counted = 0;
  countsEnded = 0;
  /** Requests that `collect` has read. */
  collected = 0;
  ready = true;
  /** Releases the calls of `echo` with the topic `wait`. */
  readonly waiting: (() => void)[] = [];
  readonly folderTls: TlsFiles;
  private running: RunningServer | undefined;
  private readonly connections: { close(): void }[] = [];

  private constructor(
    /** Of services. */
    readonly authority: TestAuthority,
    /** Of institutions: its leaves trust the one of services. */
    readonly institutions: TestAuthority,
    tls: TlsFiles,
  ) {
    this.folderTls = tls;
  }

  static async start(options: Partial<ServerOptions> = {}): Promise<EchoServer> {
    const authority = await TestAuthority.create();
    const institutions = await TestAuthority.create('Spec CA of institutions', authority.caFile);
    const echo = new EchoServer(authority, institutions, await authority.service('subscription'));
    echo.running = await startServer({ ...echo.options(), ...options });
    return echo;
  }

  get server(): RunningServer {
    if (this.running === undefined) throw new Error('not started');
    return this.running;
  }

  /** At the port for services. */
  connect(tls: TlsFiles, more: Partial<ConnectOptions> = {}): Connection<typeof EchoService> {
    return this.connectAt(this.server.port, tls, more);
  }

  /** At the port for institutions. */
  connectAsInstitution(tls: TlsFiles, more: Partial<ConnectOptions> = {}): Connection<typeof EchoService> {
    return this.connectAt(this.server.institutionsPort ?? 0, tls, more);
  }

  private connectAt(port: number, tls: TlsFiles, more: Partial<ConnectOptions>): Connection<typeof EchoService> {
    const connection = connect(EchoService, `127.0.0.1:${port}`, {
      tls,
      trustDomain,
      server: { kind: 'service', name: 'subscription' },
      ...more,
    });
    this.connections.push(connection);
    return connection;
  }

  async asExchange(more?: Partial<ConnectOptions>): Promise<Connection<typeof EchoService>> {
    return this.connect(await this.authority.service('exchange'), more);
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.close();
    await this.server.stop();
  }

  private options(): ServerOptions {
    return {
      host: '127.0.0.1',
      port: 0,
      tls: this.folderTls,
      institutions: { port: 0, ca: this.institutions.ownCaFile },
      trustDomain,
      domain: 'spec.crossroads',
      reasonCodes: { SUBSCRIPTION_NOT_OPEN: status.FAILED_PRECONDITION },
      readiness: { echo: () => this.ready },
      onUnexpected: (error) => this.unexpected.push(error),
      services: [this.service()],
    };
  }

  private service() {
    const echo = async ({ topic }: { topic: string }, call: Call) => {
      this.seen.push(call);
      if (topic === 'wait')
        await new Promise<void>((resolve) => {
          this.waiting.push(resolve);
          call.signal.addEventListener('abort', () => resolve());
        });
      if (topic === 'stuck') await new Promise(() => undefined);
      return response(topic);
    };
    const refuse = async ({ topic }: { topic: string }) => {
      const error = thrown[topic]?.();
      if (error !== undefined) throw error;
      return response(topic);
    };
    const collect = async (requests: AsyncIterable<{ topic: string }>) => {
      const topics: string[] = [];
      for await (const { topic } of requests) {
        this.collected++;
        topics.push(topic.slice(0, 3));
      }
      return response(topics.join());
    };
    const count = (request: { topic: string }) => this.count(Number(request.topic));
    async function* chat(requests: AsyncIterable<{ topic: string }>) {
      const source = requests[Symbol.asyncIterator]();
      for (let next = await source.next(); !next.done; ) {
        const { topic } = next.value;
        const following = source.next();
        following.catch(() => undefined);
        yield response(topic);
        if (topic.startsWith('broken')) throw new Unavailable('POLICY_STALE', 'the policy is not known');
        next = await following;
      }
    }
    return serve(
      EchoService,
      { echo, refuse, collect, count, chat },
      {
        allow: {
          echo: ['institution', 'service:exchange'],
          refuse: ['service:exchange'],
          collect: ['service:exchange'],
          count: ['service:exchange'],
          chat: ['service:exchange'],
        },
        authenticate: (caller) => {
          if (caller.kind === 'institution' && caller.application === 'withdrawn')
            throw new PermissionDenied('KEY_NOT_REGISTERED', 'this key is not registered');
        },
        endless: ['chat'],
        messageBytes: { refuse: 500 },
      },
    );
  }

  private async *count(upTo: number) {
    try {
      for (let i = 0; i < upTo; i++) {
        this.counted++;
        yield response(String(i).padEnd(10_000, '.'));
      }
    } finally {
      this.countsEnded++;
    }
  }
}

/** The error of a call. @throws Error when the call succeeds */
export const failureOf = async (call: Promise<unknown>): Promise<RemoteError> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof RemoteError) return error;
    throw error;
  }
  throw new Error('the call was answered');
};

export const listOf = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
};
