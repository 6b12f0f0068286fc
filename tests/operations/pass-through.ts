import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Replica } from './replica.js';

const PROBE_EVERY_MS = 200;

/**
 * What stands before several processes for those outside: it gives each new connection, TLS untouched, to the next that is
 * ready, and leaves those that are open alone. An ingress, or a Service of Kubernetes, does no more.
 */
export class PassThrough {
  private readonly probing = new AbortController();
  private readonly sockets = new Set<Socket>();
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
    for (const socket of this.sockets) socket.destroy();
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
    if (!replica) return void near.destroy();
    const far = connect(replica.port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
    near.pipe(far).pipe(near);
  }
}
