import 'reflect-metadata';
import { callContext, type Lane, ServiceIdentity } from '@crossroads/configuration';
import type { ReadRequest, ReadResponse } from '@crossroads/contracts/events/v1/events_service';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Global,
  type INestMicroservice,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { type Connection, connect } from '../client/client.js';
import { InvalidInput } from '../errors/failures.js';
import type { Call } from '../server/call.js';
import { TestAuthority } from '../testing/certificates.js';
import { failureOf, listOf } from '../testing/echo-server.js';
import { EchoService, request, response } from '../testing/echo-service.js';
import { until } from '../testing/until.js';
import { CallerGuard } from './caller.guard.js';
import { GrpcTransport } from './grpc.transport.js';
import { GrpcExceptionFilter } from './grpc-exception.filter.js';
import { GrpcController, Rpc } from './rpc.decorator.js';
import { startApplication } from './start-application.js';

/** What happened in the application, in order. */
const log: string[] = [];

@Injectable()
class Database implements OnApplicationShutdown {
  onApplicationShutdown() {
    log.push('database closed');
  }
}
@Global()
@Module({ providers: [Database], exports: [Database] })
class DatabaseModule {}

@Injectable()
class Bus implements OnApplicationShutdown {
  onApplicationShutdown() {
    log.push('bus closed');
  }
}
@Injectable()
class Consumers implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    readonly bus: Bus,
    readonly db: Database,
  ) {}
  onApplicationBootstrap() {
    log.push('consumers started');
  }
  async onModuleDestroy() {
    await new Promise((resolve) => setImmediate(resolve));
    log.push('consumers ended');
  }
}
@Global()
@Module({ providers: [Bus, Consumers], exports: [Bus] })
class MessagingModule {}

@Injectable()
class Job implements OnModuleDestroy {
  onModuleDestroy() {
    log.push('job ended');
  }
}

const exchangeOnly = ['service:exchange'] as const;
/** Ends the call of `echo` with the topic `wait`. */
let release = (): void => undefined;
let yielded = 0;
let streamsEnded = 0;
/** Of the calls of `echo` and `collect`. */
const lanes: (Lane | undefined)[] = [];

@GrpcController(EchoService, {
  echo: exchangeOnly,
  refuse: exchangeOnly,
  collect: exchangeOnly,
  count: exchangeOnly,
  chat: exchangeOnly,
})
class EchoController {
  constructor(readonly job: Job) {}
  @Rpc(EchoService.echo)
  async echo({ topic }: ReadRequest, { signal }: Call): Promise<ReadResponse> {
    lanes.push(callContext()?.lane);
    if (topic === 'wait') {
      log.push('call waits');
      await new Promise<void>((resolve) => {
        release = resolve;
        signal.addEventListener('abort', () => {
          log.push('call aborted');
          resolve();
        });
      });
      log.push('call answered');
    }
    return response(topic);
  }
  @Rpc(EchoService.refuse)
  async refuse(): Promise<ReadResponse> {
    throw new InvalidInput({ field: 'topic', reason: 'NO', description: 'no' });
  }
  @Rpc(EchoService.collect, undefined, { lane: 'bulk' })
  async collect(requests: AsyncIterable<ReadRequest>): Promise<ReadResponse> {
    lanes.push(callContext()?.lane);
    const topics: string[] = [];
    for await (const { topic } of requests) topics.push(topic);
    return response(topics.join());
  }
  @Rpc(EchoService.count)
  async *count({ topic }: ReadRequest): AsyncGenerator<ReadResponse> {
    try {
      for (let i = 0; i < Number(topic); i++) {
        yielded++;
        yield response(String(i).padEnd(10_000, '.'));
      }
      if (topic === '3') throw new InvalidInput({ field: 'topic', reason: 'LATE', description: 'late' });
    } finally {
      streamsEnded++;
    }
  }
  @Rpc(EchoService.chat, undefined, { endless: true })
  async *chat(requests: AsyncIterable<ReadRequest>): AsyncGenerator<ReadResponse> {
    for await (const { topic } of requests) yield response(topic);
  }
}

const authority = await TestAuthority.create();
const tls = await authority.service('subscription');

@Module({
  imports: [DatabaseModule, MessagingModule],
  controllers: [EchoController],
  providers: [
    Job,
    { provide: ServiceIdentity, useValue: new ServiceIdentity('subscription') },
    { provide: APP_GUARD, useClass: CallerGuard },
    { provide: APP_FILTER, useClass: GrpcExceptionFilter },
    {
      provide: GrpcTransport,
      useFactory: () =>
        new GrpcTransport({ host: '127.0.0.1', port: 0, tls, trustDomain: 'crossroads.test', domain: 'spec' }),
    },
  ],
})
class AppModule {}

describe('a Nest application with GrpcTransport', () => {
  let application: INestMicroservice;
  let exchange: Connection<typeof EchoService>;
  let stranger: Connection<typeof EchoService>;

  const clientOf = async (name: string) =>
    connect(EchoService, `127.0.0.1:${application.get(GrpcTransport).port}`, {
      tls: await authority.service(name),
      trustDomain: 'crossroads.test',
      server: { kind: 'service', name: 'subscription' },
    });

  beforeAll(async () => {
    application = await startApplication(AppModule);
    exchange = await clientOf('exchange');
    stranger = await clientOf('person-registry');
  });
  beforeEach(() => {
    log.length = 0;
  });
  afterAll(() => {
    exchange.close();
    stranger.close();
  });

  async function* requests() {
    yield request('a');
    yield request('b');
  }

  it('serves unary calls and streams in both directions', async () => {
    expect(await exchange.echo(request('hello'))).toEqual(response('hello'));
    expect(await exchange.collect(requests())).toEqual(response('a,b'));
    expect(await listOf(exchange.chat(requests()))).toEqual([response('a'), response('b')]);
    expect(await listOf(exchange.count(request('2')))).toHaveLength(2);
  });

  it('serves each rpc in its lane, and handlers within the context of their call', async () => {
    lanes.length = 0;
    await exchange.echo(request('hello'));
    await exchange.collect(requests());
    expect(lanes).toEqual(['online', 'bulk']);
  });

  it('answers an error of a handler with its details, also in the middle of a stream', async () => {
    expect(await failureOf(exchange.refuse(request('')))).toMatchObject({
      reason: 'INVALID_INPUT',
      metadata: { field: 'topic' },
    });
    expect(await failureOf(listOf(exchange.count(request('3'))))).toMatchObject({
      reason: 'INVALID_INPUT',
      metadata: { rule: 'LATE' },
    });
  });

  it('refuses a caller that the rpc does not list', async () => {
    expect(await failureOf(stranger.echo(request('x')))).toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: 'CALLER_NOT_ALLOWED',
    });
  });

  it('aborts the signal of a call at its deadline', async () => {
    expect(await failureOf(exchange.echo(request('wait'), { deadlineMs: 100 }))).toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
    await until(() => log.includes('call aborted'), 'the handler is told');
  });

  it('produces no more of a stream than its reader takes, and ends it when the reader leaves', async () => {
    yielded = 0;
    streamsEnded = 0;
    for await (const { event } of exchange.count(request('100000'))) {
      expect(event?.id[0]).toBe('0');
      break;
    }
    await until(() => streamsEnded === 1, 'the stream has ended');
    expect(yielded).toBeLessThan(2_000);
  });

  it('answers calls in flight before it ends work, and ends work before it closes connections', async () => {
    const inFlight = exchange.echo(request('wait'));
    await until(() => log.includes('call waits'), 'the call is in flight');
    const closed = application.close();
    expect(await failureOf(stranger.echo(request('late')))).toMatchObject({ code: expect.any(Number) });
    release();
    expect(await inFlight).toEqual(response('wait'));
    await closed;
    expect(log).toEqual([
      'call waits',
      'call answered',
      'job ended',
      'consumers ended',
      'bus closed',
      'database closed',
    ]);
  });
});
