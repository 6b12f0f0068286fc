import { MESSAGE_BYTES } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Call } from '../server/call.js';
import { type RunningServer, type ServerOptions, startServer } from '../server/server.js';
import type { ServedMethod, ServedService } from '../server/service.js';
import { stopSignals } from '../server/stop-signals.js';
import { GRPC, type RpcExtras } from './rpc.decorator.js';

export type TransportOptions = Omit<ServerOptions, 'services'>;

const resultOf = async (pending: Promise<unknown>): Promise<unknown> => {
  const result = await pending;
  return isObservable(result) ? lastValueFrom(result) : result;
};

const unchanged = (bytes: unknown): unknown => bytes;

/** `startServer` as a transport of Nest: serves the `@Rpc` handlers of all controllers. */
@Injectable()
export class GrpcTransport extends Server implements CustomTransportStrategy {
  override transportId = GRPC;
  private running: RunningServer | undefined;

  constructor(private readonly options: TransportOptions | (() => TransportOptions)) {
    super();
  }

  listen(callback: (error?: Error) => void): void {
    const options = typeof this.options === 'function' ? this.options() : this.options;
    startServer({ forceStop: stopSignals.forceStop, ...options, services: [this.served()] }).then(
      (running) => {
        this.running = running;
        callback();
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    );
  }

  get port(): number | undefined {
    return this.running?.port;
  }

  async close(): Promise<void> {
    await this.running?.stop();
  }

  on(): void {}

  unwrap<T>(): T {
    return this.running as T;
  }

  private served(): ServedService {
    return [...this.messageHandlers].map(([rpc, handler]): ServedMethod => {
      const { method, endless, lane } = handler.extras as unknown as RpcExtras;
      return {
        rpc,
        allow: ['any'],
        endless,
        lane,
        maxMessageBytes: MESSAGE_BYTES[rpc],
        requestStream: method.requestStream,
        responseStream: method.responseStream,
        raw: true,
        decode: unchanged,
        encode: method.responseSerialize,
        authenticate: undefined,
        invoke: (request, call: Call) => resultOf(handler(request, call) as Promise<unknown>),
      };
    });
  }
}
