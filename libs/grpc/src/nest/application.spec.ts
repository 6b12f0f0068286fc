import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import {
  Global,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { ServiceIdentity } from '@crossroads/configuration';
import type { ReadRequest, ReadResponse } from '@crossroads/contracts/events/v1/events_service';
import { connect } from '../client/client.js';
import { InvalidInput } from '../errors/failures.js';
import type { Call } from '../server/call.js';
import { TestAuthority } from '../testing/certificates.js';
import { EchoService, request, response } from '../testing/echo-service.js';
import { CallerGuard } from './caller.guard.js';
import { GrpcExceptionFilter } from './grpc-exception.filter.js';
import { GrpcTransport } from './grpc.transport.js';
import { GrpcController, Rpc } from './rpc.decorator.js';
import { startApplication } from './start-application.js';

const happened: string[] = [];
const say = (what: string) => void happened.push(what);

@Injectable()
class Database implements OnApplicationShutdown {
  onApplicationShutdown() {
    say('database closed');
  }
}
@Global()
@Module({ providers: [Database], exports: [Database] })
class DatabaseModule {}

@Injectable()
class Bus implements OnApplicationShutdown {
  onApplicationShutdown() {
    say('bus closed');
  }
}
@Injectable()
class Consumers implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    readonly bus: Bus,
    readonly db: Database,
  ) {}
  onApplicationBootstrap() {
    say('consumers started');
  }
  async onModuleDestroy() {
    await delay(5);
    say('consumers ended');
  }
}
@Global()
@Module({ providers: [Bus, Consumers], exports: [Bus] })
class MessagingModule {}

@Injectable()
class Job implements OnModuleDestroy {
  onModuleDestroy() {
    say('job of a feature ended');
  }
}
const all = ['service:exchange'] as const;
@GrpcController(EchoService, { echo: all, refuse: all, collect: all, count: all, chat: all })
class EchoController {
  constructor(readonly job: Job) {}
  @Rpc(EchoService.echo)
  async echo({ topic }: ReadRequest, { signal }: Call): Promise<ReadResponse> {
    if (topic === 'slow') {
      await delay(300);
      say('call in flight answered');
    }
    if (topic === 'deadline')
      await new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => {
          say('aborted');
          resolve();
        }),
      );
    return response(topic);
  }
  @Rpc(EchoService.refuse)
  async refuse(): Promise<ReadResponse> {
    throw new InvalidInput({ field: 'topic', reason: 'NO', description: 'no' });
  }
  @Rpc(EchoService.collect)
  async collect(requests: AsyncIterable<ReadRequest>): Promise<ReadResponse> {
    const topics: string[] = [];
    for await (const { topic } of requests) topics.push(topic);
    return response(topics.join());
  }
  @Rpc(EchoService.count)
  async *count({ topic }: ReadRequest): AsyncGenerator<ReadResponse> {
    try {
      for (let i = 0; i < Number(topic); i++) {
        counted++;
        yield response(String(i).padEnd(10_000, '.'));
      }
      if (topic === '3') throw new InvalidInput({ field: 'topic', reason: 'LATE', description: 'late' });
    } finally {
      ended++;
    }
  }
  @Rpc(EchoService.chat, undefined, { endless: true })
  async *chat(requests: AsyncIterable<ReadRequest>): AsyncGenerator<ReadResponse> {
    for await (const { topic } of requests) yield response(topic);
  }
}
let counted = 0;
let ended = 0;

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

describe('an application over GrpcTransport', () => {
  const closings: (() => void)[] = [];
  afterAll(() => {
    for (const close of closings) close();
  });

  it('serves all kinds of calls, with guards, errors, deadlines and back-pressure, and ends in order', async () => {
    const application = await startApplication(AppModule);
    const port = application.get(GrpcTransport).port;
    const client = async (name: string) => {
      const connection = connect(EchoService, `127.0.0.1:${port}`, {
        tls: await authority.service(name),
        trustDomain: 'crossroads.test',
        server: { kind: 'service', name: 'subscription' },
      });
      closings.push(() => connection.close());
      return connection;
    };
    const exchange = await client('exchange');
    const list = async <T>(items: AsyncIterable<T>) => {
      const all: T[] = [];
      for await (const item of items) all.push(item);
      return all;
    };
    async function* requests() {
      yield request('a');
      yield request('b');
    }
    expect((await exchange.echo(request('hello'))).cursor).toBe('hello');
    expect((await exchange.collect(requests())).cursor).toBe('a,b');
    expect((await list(exchange.chat(requests()))).map(({ cursor }) => cursor)).toEqual(['a', 'b']);
    expect(await list(exchange.count(request('2')))).toHaveLength(2);
    await expect(exchange.refuse(request(''))).rejects.toMatchObject({
      reason: 'INVALID_INPUT',
      metadata: { field: 'topic' },
    });
    await expect(list(exchange.count(request('3')))).rejects.toMatchObject({
      reason: 'INVALID_INPUT',
      metadata: { rule: 'LATE' },
    });
    await expect((await client('person-registry')).echo(request('x'))).rejects.toMatchObject({
      reason: 'CALLER_NOT_ALLOWED',
    });
    await expect(exchange.echo(request('deadline'), { deadlineMs: 100 })).rejects.toMatchObject({ code: 4 });
    await delay(50);
    expect(happened).toContain('aborted');
    // Back-pressure: who does not read, is not written for.
    counted = ended = 0;
    for await (const { cursor } of exchange.count(request('100000'))) {
      if (cursor.startsWith('0.')) await delay(300);
      expect(counted).toBeLessThan(2_000);
      break;
    }
    await delay(100);
    expect(ended).toBe(1);

    happened.length = 0;
    const slow = exchange.echo(request('slow'));
    await delay(50);
    await application.close();
    await slow;
    expect(happened).toEqual([
      'call in flight answered',
      'job of a feature ended',
      'consumers ended',
      'bus closed',
      'database closed',
    ]);
  }, 30_000);
});
