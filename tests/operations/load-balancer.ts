import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SocketPairs } from '@crossroads/testing/mesh';
import type { Replica } from './replica.js';

const PROBE_EVERY_MS = 200;

/**
 * A TCP proxy in front of several processes, like an ingress or a Service of Kubernetes: it forwards each new connection to the next process
 * that is ready, without ending TLS, and leaves open connections alone.
 */
export class LoadBalancer {
  private readonly stopping = new AbortController();
  private readonly pairs = new SocketPairs();
  private ready: readonly Replica[] = [];
  private next = 0;
  private probing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly servers: readonly Server[],
    private readonly replicas: readonly Replica[],
  ) {}

  static async start(replicas: readonly Replica[], addresses: readonly string[], port: number): Promise<LoadBalancer> {
    const servers = await Promise.all(
      addresses.map(async (address) => {
        const server = createServer().listen(port, address);
        await once(server, 'listening');
        return server;
      }),
    );
    const balancer = new LoadBalancer(servers, replicas);
    await balancer.probeAll();
    balancer.probing = balancer.probeRepeatedly();
    for (const server of servers) server.on('connection', (near) => balancer.forward(near));
    return balancer;
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.probing;
    for (const server of this.servers) server.close();
    this.pairs.cut();
  }

  private async probeAll(): Promise<void> {
    const ready = await Promise.all(this.replicas.map((replica) => replica.is('')));
    this.ready = this.replicas.filter((_, index) => ready[index]);
  }

  private async probeRepeatedly(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await delay(PROBE_EVERY_MS, undefined, { signal }).catch(() => undefined);
      await this.probeAll();
    }
  }

  private forward(near: Socket): void {
    const replica = this.ready[this.next++ % Math.max(1, this.ready.length)];
    if (replica) this.pairs.join(near, connect(replica.ports.institutionsPort, '127.0.0.1'));
    else near.destroy();
  }
}
