import { Injectable } from '@nestjs/common';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { Health } from '../server/health.js';
import { type RunningHealthServer, startHealthServer } from '../server/health-server.js';
import type { Readiness } from '../server/readiness.js';

const EVERY_MS = 1_000;

/** Health as a transport of Nest: an application without handlers starts, is asked whether it is ready, and stops like the others. */
@Injectable()
export class HealthTransport extends Server implements CustomTransportStrategy {
  private health: Health | undefined;
  private running: RunningHealthServer | undefined;

  constructor(
    private readonly host: string,
    private readonly healthPort: number,
    private readonly readiness: () => Readiness,
  ) {
    super();
  }

  listen(callback: (error?: Error) => void): void {
    this.start().then(
      () => callback(),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    );
  }

  private async start(): Promise<void> {
    this.health = new Health([], this.readiness(), EVERY_MS);
    await this.health.start();
    this.running = await startHealthServer(this.host, this.healthPort, this.health);
  }

  get port(): number | undefined {
    return this.running?.port;
  }

  get isReady(): boolean {
    return this.health?.isServing ?? false;
  }

  close(): void {
    this.health?.stop();
    this.running?.close();
  }

  on(): void {}

  unwrap<T>(): T {
    return this.running as T;
  }
}
