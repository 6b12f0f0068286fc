import { Database } from '@crossroads/database';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { SHARDS } from '../subscription/relay-shard.js';

const ALL = Array.from({ length: SHARDS }, (_, shard) => shard);

/** Which shares of the relay's work this process has: each subscriber and lane is in one, and nobody else sends to it. */
@Injectable()
export class RelayShards implements OnModuleDestroy {
  private share: ReturnType<Database['leases']['hold']> | undefined;

  constructor(private readonly db: Database) {}

  /** Takes an equal part of the shares, from the first call on. */
  held(): number[] {
    this.share ??= this.db.leases.hold('deliveries', ALL);
    return [...this.share.held().keys()];
  }

  async onModuleDestroy(): Promise<void> {
    await this.share?.close();
  }
}
