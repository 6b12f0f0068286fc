import pg from 'pg';
import { randomUUID } from 'node:crypto';
import { partitionsOf } from './partitions.js';
import type { HeldPartitions } from './log-stamper.js';

export class TemporaryLeases implements HeldPartitions {
  readonly holder = randomUUID();
  private tokens: ReadonlyMap<number, bigint> = new Map();
  private client: pg.Client | undefined;
  private timer: NodeJS.Timeout;
  private refused = new Set<number>();

  constructor(private readonly url: string) {
    this.timer = setInterval(() => void this.renew().catch(() => undefined), 1_000).unref();
    void this.renew().catch(() => undefined);
  }
  held(): ReadonlyMap<number, bigint> {
    return this.tokens;
  }
  refuse(partition: number): void {
    this.refused.add(partition);
  }
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.client
      ?.query(`update es.leases set holder = null, expires_at = '-infinity' where holder = $1`, [this.holder])
      .catch(() => undefined);
    await this.client?.end().catch(() => undefined);
  }
  private async renew(): Promise<void> {
    try {
      if (!this.client) {
        const client = new pg.Client({ connectionString: this.url });
        client.on('error', () => (this.client = undefined));
        await client.connect();
        this.client = client;
      }
      const { rows } = await this.client.query<{ partition: number; token: string }>(
        `select * from es.lease('log', $1, $2, '6 seconds', pg_backend_pid())`,
        [this.holder, partitionsOf('main', 'journal').filter((n) => !this.refused.has(n))],
      );
      this.tokens = new Map(rows.map(({ partition, token }) => [partition, BigInt(token)]));
    } catch (error) {
      this.tokens = new Map();
      this.client = undefined;
      throw error;
    }
  }
}
