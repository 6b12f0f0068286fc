import type { Socket } from 'node:net';

/** Pairs of sockets, each of which forwards to the other. When one closes, so does the other. */
export class SocketPairs {
  private readonly sockets = new Set<Socket>();

  join(near: Socket, far: Socket): void {
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

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
