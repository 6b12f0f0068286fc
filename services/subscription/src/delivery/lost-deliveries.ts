import { Database, type Tx } from '@crossroads/database';
import { partitionOf, topicPartitionOf } from '@crossroads/eventsourcing';
import type { PhantomRange, PhantomWork, RestoredLog } from '@crossroads/messaging';
import { observe } from '@crossroads/telemetry';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

/** Marks the deliveries of mutations that their source has lost since. They are not taken back: subscribers have seen them. */
@Injectable()
export class LostDeliveries implements OnModuleInit, OnModuleDestroy {
  private stop: () => void = () => undefined;

  constructor(private readonly db: Database) {}

  onModuleInit(): void {
    this.stop = observe('crossroads.deliveries_lost_at_source', async () => {
      const [row] = await this.db.query<{ readonly lost: number }>(COUNT);
      return row?.lost ?? 0;
    });
  }

  onModuleDestroy(): void {
    this.stop();
  }

  async find({ partition, source, since }: PhantomRange, log: RestoredLog): Promise<PhantomWork> {
    const rows = await this.db.query<Delivered>(DELIVERED, [source, since]);
    const delivered = rows.filter(({ personId }) => topicPartitionOf(partitionOf('main', personId)) === partition);
    const kept = new Set<string>();
    if (delivered.length > 0) for await (const { id } of log.recent()) kept.add(id);
    const lost = delivered.filter(({ ceId }) => !kept.has(ceId));
    const persons = Map.groupBy(lost, ({ personId }) => personId);
    return {
      apply: (tx) => this.mark(tx, source, lost),
      report: [
        `${lost.length} deliveries were made of mutations that are lost at ${source}: they are marked. Persons, each with its lost mutations:`,
        ...[...persons].map(([personId, own]) => `${personId} ${new Set(own.map(({ ceId }) => ceId)).size}`),
      ],
    };
  }

  private async mark(tx: Tx, source: string, lost: readonly Delivered[]): Promise<void> {
    const ids = [...new Set(lost.map(({ ceId }) => ceId))];
    const subscriptions = [...new Set(lost.map(({ subscriptionId }) => subscriptionId))];
    if (ids.length > 0) await tx.query(MARK, [subscriptions, source, ids]);
  }
}

interface Delivered {
  readonly subscriptionId: string;
  readonly ceId: string;
  readonly personId: string;
}

const DELIVERED = `select subscription_id as "subscriptionId", ce_id as "ceId", person_id as "personId" from deliveries
  where ce_source = $1 and created_at > $2 and person_id is not null`;

const MARK = `update deliveries set lost_at_source = true
  where subscription_id = any($1::uuid[]) and ce_source = $2 and ce_id = any($3::text[])`;

const COUNT = `select count(*)::int as lost from deliveries where lost_at_source`;
