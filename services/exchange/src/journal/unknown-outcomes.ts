import { setTimeout as delay } from 'node:timers/promises';
import { AccessResult } from '@crossroads/contracts/access/v1/access_record';
import { type Database } from '@crossroads/database';
import { type EventStore, Rejection, WrongExpectedRevision } from '@crossroads/eventsourcing';
import { salted } from '@crossroads/transparency';
import { encodeOutcome } from '../consultation/access-record.js';
import type { Access } from './access.js';
import { ACCESS } from './access-events.js';
import { lockOf, type OpenAccesses } from './open-accesses.js';
import type { RecordSeals } from './sealed-record.js';

const EVERY_MS = 1_000;
const BATCH_SIZE = 500;
/** The last statements of a process may still be on their way in the database when it is gone: so long they are waited for. */
const LATE_MS = 60_000;

export interface UnknownOutcomesOptions {
  readonly db: Database;
  readonly store: Pick<EventStore, 'append' | 'readStream'>;
  readonly seals: RecordSeals;
  readonly open: OpenAccesses;
  readonly now: () => Date;
  /** Told of each failed round; the next one comes. */
  readonly onError: (error: unknown) => void;
}

/** Closes, as OUTCOME_UNKNOWN, accesses whose process is gone and those of this one of which the database did not say. */
export class UnknownOutcomes {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: UnknownOutcomesOptions) {}

  /** Resolves after the first round. @throws when that fails: a start without the journal is no start. */
  async start(): Promise<void> {
    await this.round();
    this.running = this.run();
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.options.open.leave().catch(this.options.onError);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.round().catch(this.options.onError);
    }
  }

  private async round(): Promise<void> {
    const { open, db, now } = this.options;
    await open.tend();
    for (const { since, ...access } of open.inDoubt()) {
      const found = await this.closeIfOpen(access);
      // What is not there may still come: its statement can be on its way in the database.
      if (found !== 'absent' || now().getTime() - since.getTime() > LATE_MS) open.end(access.journalId);
    }
    const instances = await db.query<Instance>('select instance_id, concluded_below from exchange_instances');
    for (const instance of instances) await this.closeForGone(instance);
  }

  private async closeForGone({ instance_id: instanceId, concluded_below: from }: Instance): Promise<void> {
    const { db } = this.options;
    const lock = await db.session.tryLock(lockOf(instanceId));
    // It is alive: this process, or another.
    if (!lock) return;
    try {
      for (let progress = true; progress; ) {
        progress = false;
        for (const access of await db.query<Access>(OPEN_OF, [from, instanceId, BATCH_SIZE]))
          progress = (await this.closeIfOpen(access)) === 'closed' || progress;
      }
      await db.query('update exchange_instances set gone_since = coalesce(gone_since, now()) where instance_id = $1', [
        instanceId,
      ]);
      await db.query(
        'delete from exchange_instances where instance_id = $1 and gone_since < now() - make_interval(secs => $2)',
        [instanceId, LATE_MS / 1000],
      );
    } finally {
      await lock.release();
    }
  }

  private async closeIfOpen({ journalId, ticket, personId }: Access): Promise<'absent' | 'closed' | 'left'> {
    const { store, seals, now } = this.options;
    const [intended, concluded] = await store.readStream(journalId);
    if (!intended) return 'absent';
    if (concluded) return 'left';
    const result = AccessResult.ACCESS_RESULT_OUTCOME_UNKNOWN;
    const outcome = salted(encodeOutcome({ ticket, result, services: [], time: now() }));
    try {
      const data = { version: 1, ticket, personId, outcome: await seals.seal(personId, journalId, 'outcome', outcome) };
      const events = [{ type: 'AccessConcluded', data }];
      await store.append([{ streamId: journalId, streamType: ACCESS, expectedRevision: 1n, events }]);
      return 'closed';
    } catch (error) {
      // Concluded meanwhile; or the person was erased, and with them what could be concluded.
      if (error instanceof WrongExpectedRevision || error instanceof Rejection) return 'left';
      throw error;
    }
  }
}

interface Instance {
  readonly instance_id: string;
  readonly concluded_below: bigint;
}

const OPEN_OF = `
  select i.stream_id as "journalId", i.data->>'ticket' as "ticket", i.data->>'personId' as "personId"
    from es.events i
   where i.transaction_id >= $1::xid8 and i.revision = 1 and i.type = 'AccessIntended' and i.data->>'instance' = $2
     and not exists (select from es.events o where o.stream_id = i.stream_id and o.revision = 2)
   order by i.transaction_id, i.position limit $3`;
