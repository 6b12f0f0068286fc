import type { RunningServer } from '@crossroads/grpc';
import type { INestMicroservice } from '@nestjs/common';

/** A service in the process of its spec. */
export class InProcessService {
  private stopping: Promise<void> | undefined;

  constructor(
    readonly application: INestMicroservice,
    readonly server: RunningServer,
  ) {}

  /** Where services of the mesh connect. */
  get port(): number {
    return this.server.port;
  }

  /** Where applications of institutions connect. */
  get institutionsPort(): number {
    return this.server.institutionsPort ?? 0;
  }

  /** Checks whether all dependencies are available. */
  async isReady(): Promise<boolean> {
    await this.server.health.refresh();
    return this.server.health.isServing;
  }

  stop(): Promise<void> {
    this.stopping ??= this.application.close();
    return this.stopping;
  }
}
