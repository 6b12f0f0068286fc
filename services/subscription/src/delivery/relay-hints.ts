import { Injectable } from '@nestjs/common';

/** Wakes the relay of this process. */
@Injectable()
export class RelayHints {
  private readonly listeners = new Set<() => void>();

  onNumbered(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  numbered(): void {
    for (const listener of this.listeners) listener();
  }
}
