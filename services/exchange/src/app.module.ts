import { GrpcServer } from '@crossroads/grpc';
import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { readConfig } from './config.js';
import { type Exchange, openExchange } from './exchange.js';

const EXCHANGE = Symbol('exchange');

/** Closes what the server stood on, after it has stopped. */
class Closing implements OnApplicationShutdown {
  constructor(private readonly exchange: Exchange) {}

  onApplicationShutdown(): Promise<void> {
    return this.exchange.close();
  }
}

@Module({
  providers: [
    { provide: EXCHANGE, useFactory: () => openExchange(readConfig()) },
    { provide: GrpcServer, inject: [EXCHANGE], useFactory: ({ server }: Exchange) => new GrpcServer(server) },
    { provide: Closing, inject: [EXCHANGE], useFactory: (exchange: Exchange) => new Closing(exchange) },
  ],
})
export class AppModule {}
