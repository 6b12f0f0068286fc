import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Metric, metricsIn, type Span, spansIn } from './otlp-messages.js';

/** A received request. */
export interface Received {
  readonly signal: 'traces' | 'metrics';
  readonly body: Buffer;
}

/** A collector for tests: receives OTLP over HTTP, and stores every byte. */
export class Collector {
  readonly received: Received[] = [];

  private constructor(
    private readonly server: Server,
    readonly endpoint: string,
  ) {}

  /** @param answers false: reads requests and never answers */
  static async start({ answers = true }: { readonly answers?: boolean } = {}): Promise<Collector> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const collector = new Collector(server, `http://127.0.0.1:${port}`);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const signal = request.url === '/v1/traces' ? 'traces' : 'metrics';
        if (answers) collector.received.push({ signal, body: Buffer.concat(chunks) });
        if (answers) response.setHeader('content-type', 'application/x-protobuf').end();
      });
    });
    return collector;
  }

  spans(): Span[] {
    return this.bodies('traces').flatMap(spansIn);
  }

  metrics(): Metric[] {
    return this.bodies('metrics').flatMap(metricsIn);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private bodies(signal: Received['signal']): Buffer[] {
    return this.received.filter((one) => one.signal === signal).map(({ body }) => body);
  }
}
