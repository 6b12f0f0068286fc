import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { type RunningServer, type ServerOptions, startServer } from '../server/server.js';
import { stopSignals } from '../server/stop-signals.js';

/**
 * A server in the life cycle of a Nest application: it listens once every provider exists, and stops before any connection is closed
 * (databases close in `onApplicationShutdown`, which comes after).
 */
export class GrpcServer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private starting: Promise<RunningServer> | undefined;

  constructor(private readonly options: ServerOptions | (() => ServerOptions)) {}

  /** Resolves when it listens. Idempotent. */
  start(): Promise<RunningServer> {
    const { forceStop } = stopSignals;
    this.starting ??= startServer({
      forceStop,
      ...(typeof this.options === 'function' ? this.options() : this.options),
    });
    return this.starting;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    const server = await this.starting?.catch(() => undefined);
    await server?.stop();
  }
}
