import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { SocketPairs } from './socket-pairs.js';

/**
 * A TCP proxy that a spec can close, so that the server behind it becomes unreachable for its clients; or that loses all packets, so that
 * neither side is told.
 */
export class Link {
  private readonly pairs = new SocketPairs();
  private isCut = false;
  /** How many connections it refused while it was closed. */
  refused = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async to(host: string, port: number): Promise<Link> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const link = new Link(server, typeof address === 'object' && address ? address.port : 0);
    server.on('connection', (near) => {
      if (link.isCut) {
        link.refused++;
        near.destroy();
      } else link.pairs.join(near, connect(port, host));
    });
    return link;
  }

  /** The same URL through a link. */
  static async ofUrl(url: string): Promise<{ readonly link: Link; readonly url: string }> {
    const { hostname, port } = new URL(url);
    const link = await Link.to(hostname, Number(port));
    return { link, url: link.through(url) };
  }

  /** A URL of the server behind it, by way of this link. */
  through(url: string): string {
    const through = new URL(url);
    [through.hostname, through.port] = ['127.0.0.1', String(this.port)];
    return through.href;
  }

  /** Accepts connections, keeps those that there are open, and forwards nothing. */
  blackHole(): void {
    this.pairs.blackHole();
  }

  cut(): void {
    this.isCut = true;
    this.pairs.cut();
  }

  mend(): void {
    this.isCut = false;
    this.pairs.mend();
  }

  close(): void {
    this.cut();
    this.server.close();
  }
}
