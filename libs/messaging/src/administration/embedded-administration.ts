import { withTimeout } from '@crossroads/configuration';
import { Pool } from 'pg';
import type { BrokerLog } from '../broker/broker-log.js';
import { CREATE_TOPIC } from '../embedded/create-topic.js';
import type { BrokerAdministration, NewTopic } from './broker-administration.js';

const ADMIN_MS = 10_000;

/**
 * The log in PostgreSQL, which has topics, but no rights: the services of the mesh share one role there, and institutions have none. To
 * grant or to withdraw a key changes nothing there.
 */
export class EmbeddedAdministration implements BrokerAdministration {
  private readonly pool: Pool;

  constructor({ url, log }: { readonly url: string; readonly log?: BrokerLog | undefined }) {
    this.pool = new Pool({ connectionString: url, max: 1, query_timeout: ADMIN_MS, allowExitOnIdle: true });
    this.pool.on('error', (error) => log?.('warn', 'the embedded log lost a connection', { error }));
  }

  async topics(): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.pool.query<{ name: string; partitions: number }>(
      'select name, partitions from bus.topics',
    );
    return new Map(rows.map(({ name, partitions }) => [name, partitions]));
  }

  async createTopics(topics: readonly NewTopic[]): Promise<void> {
    for (const { name, retentionDays, partitions } of topics)
      await this.pool.query(CREATE_TOPIC, [name, retentionDays, partitions]);
  }

  async rights(): Promise<undefined> {}

  async grant(): Promise<void> {}

  async revoke(): Promise<void> {}

  async close(): Promise<void> {
    await withTimeout(ADMIN_MS, this.pool.end()).catch(() => undefined);
  }
}
