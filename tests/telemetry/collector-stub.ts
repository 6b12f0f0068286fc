import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type CollectorState = 'healthy' | 'unreachable' | 'slow';

/** A collector that discards what it receives, always at the same address. When `slow`, it reads requests and never answers. */
export class CollectorStub {
  requests = 0;
  bytes = 0;
  private state: CollectorState = 'healthy';
  private server: Server | undefined;

  private constructor(private readonly port: number) {}

  static async start(): Promise<CollectorStub> {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const stub = new CollectorStub(port);
    await stub.setState('healthy');
    return stub;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async setState(state: CollectorState): Promise<void> {
    this.state = state;
    if (state === 'unreachable') await this.stop();
    else if (this.server === undefined) await this.listen();
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  private async listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.requests++;
      request.on('data', (chunk: Buffer) => {
        this.bytes += chunk.length;
      });
      request.on('end', () => {
        if (this.state === 'healthy') response.end();
      });
    });
    this.server = server;
    server.listen(this.port, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
  }
}
