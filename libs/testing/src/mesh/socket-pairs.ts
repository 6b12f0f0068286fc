import type { Socket } from 'node:net';

/** Pairs of sockets, each of which forwards to the other. When one closes, so does the other, unless packets are lost. */
export class SocketPairs {
  /** Each with the other one of its pair. */
  private readonly sockets = new Map<Socket, Socket>();
  private isHole = false;

  join(near: Socket, far: Socket): void {
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.set(one, other);
      one.on('error', () => this.closed(one, other));
      one.on('close', () => this.closed(one, other));
      if (!this.isHole) one.pipe(other);
    }
  }

  cut(): void {
    for (const socket of this.sockets.keys()) socket.destroy();
  }

  /** From now on nothing arrives, not even that one end was closed. */
  blackHole(): void {
    this.isHole = true;
    for (const [one, other] of this.sockets) one.unpipe(other).pause();
  }

  /** What was sent meanwhile arrives; of a pair with a closed end, the other one closes. */
  mend(): void {
    this.isHole = false;
    for (const [one, other] of this.sockets)
      if (one.destroyed || other.destroyed) this.closed(one, other);
      else one.pipe(other);
  }

  private closed(one: Socket, other: Socket): void {
    one.destroy();
    if (this.isHole) return;
    this.sockets.delete(one);
    other.destroy();
  }
}
