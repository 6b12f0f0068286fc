import { ExclusiveWork } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { SHARDS } from '../subscription/relay-shard.js';

/** How often a process asks for shares that others have. */
const RETRY_MS = 1_000;

const ALL = Array.from({ length: SHARDS }, (_, shard) => shard);

/** Which shares of the relay's work this process has: each subscriber and lane is in one, and nobody else sends to it. */
@Injectable()
export class RelayShards {
  private readonly askAgainAt = new Map<number, number>();

  constructor(private readonly work: ExclusiveWork) {}

  async held(): Promise<number[]> {
    const now = performance.now();
    const asked = ALL.filter((shard) => (this.askAgainAt.get(shard) ?? 0) <= now);
    const held = await Promise.all(asked.map((shard) => this.work.run(`deliveries ${shard}`, async () => shard)));
    for (const [index, shard] of asked.entries())
      this.askAgainAt.set(shard, held[index] === undefined ? now + RETRY_MS : 0);
    return held.filter((shard) => shard !== undefined);
  }
}
