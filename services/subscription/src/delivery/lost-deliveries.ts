import { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import { Database, type Tx } from '@crossroads/database';
import { partitionOf, topicPartitionOf } from '@crossroads/eventsourcing';
import type { LostPerson, PhantomRange, PhantomWork, RestoredLog } from '@crossroads/messaging';
import { FORGOTTEN, SubjectSealer } from '@crossroads/privacy';
import { observe } from '@crossroads/telemetry';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { sealPlace } from './delivery.message.js';

/** Marks the deliveries of mutations that their source has lost since. They are not taken back: subscribers have seen them. */
@Injectable()
export class LostDeliveries implements OnModuleInit, OnModuleDestroy {
  private stop: () => void = () => undefined;

  constructor(
    private readonly db: Database,
    private readonly sealer: SubjectSealer,
  ) {}

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
    return {
      apply: (tx) => this.mark(tx, source, lost),
      report: [`${lost.length} deliveries were made of mutations that are lost at ${source}: they are marked.`],
      lost: await this.lostPersons(source, lost),
    };
  }

  /** What stands in the deliveries, without persons who were erased meanwhile. */
  private async lostPersons(source: string, lost: readonly Delivered[]): Promise<LostPerson[]> {
    // One delivery of each mutation says it.
    const mutations = [...new Map(lost.map((one) => [one.ceId, one])).values()];
    const persons = new Map<string, LostPerson>();
    for (let from = 0; from < mutations.length; from += PAGE) {
      const page = mutations.slice(from, from + PAGE);
      const keys = [page.map(({ subscriptionId }) => subscriptionId), page.map(({ ceId }) => ceId)];
      for (const { personId, journalId, body } of await this.db.query<SealedBody>(BODIES, [source, ...keys])) {
        const bytes = await this.sealer.openBytesForSubject(personId, body, sealPlace(journalId));
        const { content } = bytes === FORGOTTEN ? {} : Delivery.decode(bytes);
        if (content?.$case !== 'mutation' && content?.$case !== 'notification') continue;
        const { dataService, sourceRevision } = content.value;
        const key = `${dataService} ${personId}`;
        const { sourceRevision: highest = 0n, changes = 0 } = persons.get(key) ?? {};
        persons.set(key, {
          ...{ dataService, personId, changes: changes + 1 },
          sourceRevision: sourceRevision > highest ? sourceRevision : highest,
        });
      }
    }
    return [...persons.values()];
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

interface SealedBody {
  readonly personId: string;
  readonly journalId: string;
  readonly body: string;
}

const PAGE = 500;

const BODIES = `select d.person_id as "personId", d.journal_id as "journalId", d.body
  from unnest($2::uuid[], $3::text[]) as n (subscription_id, ce_id) join deliveries d using (subscription_id, ce_id)
  where d.ce_source = $1 and d.journal_id is not null`;

const MARK = `update deliveries set lost_at_source = true
  where subscription_id = any($1::uuid[]) and ce_source = $2 and ce_id = any($3::text[])`;

const COUNT = `select count(*)::int as lost from deliveries where lost_at_source`;
