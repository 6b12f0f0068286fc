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
export class PassThrough {
  private readonly probing = new AbortController();
  private readonly pairs = new SocketPairs();
  private ready: readonly Replica[] = [];
  private turn = 0;
  private looking: Promise<void> = Promise.resolve();

  private constructor(
    private readonly servers: readonly Server[],
    private readonly replicas: readonly Replica[],
  ) {}

  static async before(replicas: readonly Replica[], addresses: readonly string[], port: number): Promise<PassThrough> {
    const servers = await Promise.all(
      addresses.map(async (address) => {
        const server = createServer().listen(port, address);
        await once(server, 'listening');
        return server;
      }),
    );
    const door = new PassThrough(servers, replicas);
    await door.look();
    door.looking = door.keepLooking();
    for (const server of servers) server.on('connection', (near) => door.pass(near));
    return door;
  }

  async close(): Promise<void> {
    this.probing.abort();
    await this.looking;
    for (const server of this.servers) server.close();
    this.pairs.cut();
  }

  private async look(): Promise<void> {
    const ready = await Promise.all(this.replicas.map((replica) => replica.is('')));
    this.ready = this.replicas.filter((_, index) => ready[index]);
  }

  private async keepLooking(): Promise<void> {
    const { signal } = this.probing;
    while (!signal.aborted) {
      await delay(PROBE_EVERY_MS, undefined, { signal }).catch(() => undefined);
      await this.look();
    }
  }

  private pass(near: Socket): void {
    const replica = this.ready[this.turn++ % Math.max(1, this.ready.length)];
    if (replica) this.pairs.join(near, connect(replica.port, '127.0.0.1'));
    else near.destroy();
  }
}
