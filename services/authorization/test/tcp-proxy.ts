import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Between a client and a server: it can let answers lie for a while, or swallow everything while connections stay open. */
export class TcpProxy {
  /** For how long what the server sends lies here. */
  answersDelayedMs = 0;
  private isBlackHole = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async to(port: number): Promise<TcpProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const proxy = new TcpProxy(server, typeof address === 'object' && address ? address.port : 0);
    server.on('connection', (near) => proxy.join(near, connect(port, '127.0.0.1')));
    return proxy;
  }

  /** Nothing arrives at either side; nobody is told. */
  blackHole(): void {
    this.isBlackHole = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** What was sent meanwhile arrives. */
  heal(): void {
    this.isBlackHole = false;
    for (const socket of this.sockets) socket.resume();
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private join(near: Socket, far: Socket): void {
    this.forward(near, far, () => 0);
    this.forward(far, near, () => this.answersDelayedMs);
  }

  private forward(from: Socket, to: Socket, delayMs: () => number): void {
    this.sockets.add(from);
    from.on('data', (chunk) => setTimeout(() => to.writable && to.write(chunk), delayMs()));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
    if (this.isBlackHole) from.pause();
  }
}
