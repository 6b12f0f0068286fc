import type { OnApplicationShutdown } from '@nestjs/common';
import type { GrpcServer } from './grpc-server.js';

/** What a service runs, closed in the given order: consumers first, connections last. */
export class Running implements OnApplicationShutdown {
  constructor(
    readonly server: GrpcServer,
    private readonly endings: readonly (() => Promise<unknown>)[],
  ) {}

  async onApplicationShutdown(): Promise<void> {
    for (const end of this.endings) await end();
  }
}
