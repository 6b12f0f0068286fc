import { Clock, ReadinessChecks } from '@crossroads/configuration';
import { Database, WorkLoop } from '@crossroads/database';
import {
  mayBeClosed,
  partitionsOf,
  PostgresEventStore,
  Rejection,
  uuidV7,
  WrongExpectedRevision,
} from '@crossroads/eventsourcing';
import { warn } from '@crossroads/grpc';
import { observeJournal } from '@crossroads/messaging';
import { EXCHANGE_ACCESS_TOPIC } from '@crossroads/topology';
import { releaseMessage } from '@crossroads/transparency';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Access } from './access.js';
import { ACCESS, journalStream } from './access-events.js';
import { unknownOutcomes } from './consultation.message.js';
import { leaseOf, OpenAccesses } from './open-accesses.js';
import { RecordSealer } from './record-sealer.js';

const INTERVAL_MS = 1_000;
/** While the database is away no access can begin: it is tried at least this often. */
const BACKOFF_MS = { min: 100, max: INTERVAL_MS };
const BATCH_SIZE = 500;
const JOURNAL = partitionsOf('journal');
/** The last statements of a process may reach the database after the process is gone; this long they are waited for. */
const MAX_LATENESS_MS = 60_000;

/**
 * Concludes accesses as OUTCOME_UNKNOWN: those of processes that are gone, and those of this process for which the database did
 * not answer. Runs from before the first call until after the last.
 */
@Injectable()
export class UnknownOutcomesJob implements OnModuleInit, OnModuleDestroy {
  private endObserving = (): void => undefined;
  private readonly onError = warn('unknown outcomes');
  private readonly loop = new WorkLoop({ pass: () => this.pass(), onError: this.onError, backoffMs: BACKOFF_MS });
  /** Closed by an event in another stream, which is not seen by who looks for open ones. */
  private readonly closedLate = new Set<string>();

  constructor(
    private readonly db: Database,
    private readonly store: PostgresEventStore,
    private readonly sealer: RecordSealer,
    private readonly open: OpenAccesses,
    private readonly clock: Clock,
    checks: ReadinessChecks,
  ) {
    checks.add('journal', () => open.ready());
  }

  /** @throws when the first pass fails: the service does not start without its journal. */
  async onModuleInit(): Promise<void> {
    this.endObserving = observeJournal({
      db: this.db,
      topic: EXCHANGE_ACCESS_TOPIC,
      types: ['AccessIntended', 'AccessConcluded', 'AccessRefused'],
      receipted: ['AccessIntended'],
    });
    await this.pass();
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.endObserving();
    await this.loop.stop();
    await this.open.leave().catch(this.onError);
  }

  private async pass(): Promise<number> {
    const { open, db, clock } = this;
    await open.maintain();
    for (const { since, ...access } of open.uncertainAccesses()) {
      const found = await this.closeIfOpen(access);
      // An absent intent may still arrive: its statement can be on its way in the database.
      if (found !== 'absent' || clock.now().getTime() - since.getTime() > MAX_LATENESS_MS) open.end(access.journalId);
    }
    const instances = await db.query<Instance>('select instance_id, concluded_below from exchange_instances');
    for (const instance of instances) await this.closeForGone(instance);
    return INTERVAL_MS;
  }

  private async closeForGone({ instance_id: instanceId, concluded_below: from }: Instance): Promise<void> {
    const { db } = this;
    const lease = await db.leases.take(leaseOf(instanceId));
    // A process that is alive holds its lease.
    if (!lease) return;
    let isForgotten = false;
    try {
      for (let progress = true; progress; ) {
        progress = false;
        for (const access of await db.query<Access>(OPEN_ACCESSES_OF, [from, instanceId, BATCH_SIZE, JOURNAL]))
          progress = (await this.closeIfOpen(access)) === 'closed' || progress;
      }
      await db.query('update exchange_instances set gone_since = coalesce(gone_since, now()) where instance_id = $1', [
        instanceId,
      ]);
      const forgotten = await db.execute(
        'delete from exchange_instances where instance_id = $1 and gone_since < now() - make_interval(secs => $2)',
        [instanceId, MAX_LATENESS_MS / 1000],
      );
      isForgotten = forgotten > 0;
    } finally {
      await lease.release({ forget: isForgotten });
    }
  }

  private async closeIfOpen({ journalId, ticket, personId, releases }: Access): Promise<'absent' | 'closed' | 'left'> {
    const [intended, concluded] = await this.store.readStream(journalId);
    if (!intended) return 'absent';
    const isLate = mayBeClosed(journalId, this.clock.now());
    if (concluded || this.closedLate.has(journalId)) return 'left';
    const unknown = unknownOutcomes(releases, this.clock.now()).map((outcome) => releaseMessage({ outcome }));
    try {
      const outcomes = await this.sealer.seal(personId, journalId, 'outcomes', unknown);
      const data = { version: 1, ticket, personId, outcomes };
      const append = isLate
        ? {
            ...journalStream({ journalId: uuidV7(), personId }),
            expectedRevision: 0n,
            events: [{ type: 'AccessConcluded', data: { ...data, journalId } }],
          }
        : {
            ...journalStream({ journalId, personId }),
            expectedRevision: 1n,
            events: [{ type: 'AccessConcluded', data }],
          };
      await this.store.append([{ ...append, streamType: ACCESS }]);
      if (isLate) this.closedLate.add(journalId);
      return 'closed';
    } catch (error) {
      // It was concluded in the meantime, or the person was erased.
      if (error instanceof WrongExpectedRevision || error instanceof Rejection) return 'left';
      throw error;
    }
  }
}

interface Instance {
  readonly instance_id: string;
  readonly concluded_below: bigint;
}

const OPEN_ACCESSES_OF = `
  select i.stream_id as "journalId", i.data->>'ticket' as "ticket", i.data->>'personId' as "personId",
         (i.data->>'releases')::int as releases
    from unnest($4::smallint[]) p (partition)
    join es.events i on i.partition = p.partition and i.transaction_id >= $1::xid8
   where i.revision = 1 and i.type = 'AccessIntended' and i.data->>'instance' = $2
     and not exists (select from es.events o where o.month = i.month and o.stream_id = i.stream_id and o.revision = 2)
   order by i.serial limit $3`;
