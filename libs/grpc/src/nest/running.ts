import type { OnApplicationShutdown } from '@nestjs/common';
import type { GrpcServer } from './grpc-server.js';

/** All that a service runs, and how it ends: first what takes work in, last the connections. */
export class Running implements OnApplicationShutdown {
  constructor(
    readonly server: GrpcServer,
    private readonly endings: readonly (() => Promise<unknown>)[],
  ) {}

  async onApplicationShutdown(): Promise<void> {
    for (const end of this.endings) await end();
  }
}
