import { AccessOutcome, AccessRecord } from '@crossroads/contracts/access/v1/access_record';
import { AccessConcluded, AccessIntended, AccessJournaled } from '@crossroads/contracts/access/v1/events';
import type { Database, Tx } from '@crossroads/eventsourcing';
import {
  type CloudEvent,
  cursorStore,
  notYetConsumed,
  park,
  parkBlocked,
  redrive,
  rememberConsumed,
  type TopicSealing,
  unbundled,
} from '@crossroads/messaging';
import type { AccessStep } from '../log/access-entry.js';
import type { AccessLog, ReceivedStep } from '../log/access-log.js';

export const ACCESS_TOPIC = 'crossroads.access.v1';

const NAME = /^crossroads\.access\.v1\.accesses\.notify\.(intended|concluded|refused|delivered)$/;

/** What a message holds for us. What cannot be read of it does not keep the rest out. */
interface Reading {
  readonly steps: readonly ReceivedStep[];
  readonly unreadable: boolean;
}

export interface JournalsOptions {
  readonly db: Database;
  readonly log: AccessLog;
  readonly sealing: Pick<TopicSealing, 'open'>;
}

/** The journals of the exchange and of subscription, taken over into the access log, each step once. */
export class Journals {
  constructor(private readonly options: JournalsOptions) {}

  /** A batch is one transaction, with how far the topic was read. What cannot be read is parked, as it came. */
  async take(events: readonly CloudEvent[]): Promise<void> {
    const read = new Map(await Promise.all(events.map(async (event) => [event, await this.read(event)] as const)));
    await this.options.db.transaction(async (tx) => {
      // Another process of the group may have taken some of them since.
      await tx.query('select from consumed where topic = $1 order by source for update', [ACCESS_TOPIC]);
      const fresh = notYetConsumed(events, await cursorStore(tx).cursors(ACCESS_TOPIC));
      const readable = await this.parkWhatMustWait(tx, fresh, read);
      await this.options.log.add(tx, readable);
      await rememberConsumed(tx, ACCESS_TOPIC, events);
    });
  }

  /** Parks, in the order of the topic, what cannot be read and what comes after it under the same key; gives the rest. */
  private async parkWhatMustWait(
    tx: Tx,
    events: readonly CloudEvent[],
    read: ReadonlyMap<CloudEvent, Reading>,
  ): Promise<ReceivedStep[]> {
    const steps: ReceivedStep[] = [];
    const anyUnreadable = events.some((event) => read.get(event)?.unreadable);
    for (const event of anyUnreadable ? events : await parkBlocked(tx, ACCESS_TOPIC, events)) {
      const reading = read.get(event);
      if (!reading || (anyUnreadable && (await parkBlocked(tx, ACCESS_TOPIC, [event])).length === 0)) continue;
      steps.push(...reading.steps);
      if (reading.unreadable) await park(tx, ACCESS_TOPIC, event, UNREADABLE);
    }
    return steps;
  }

  /** Tries what is parked again: when a key has come that was missing. */
  redrive(): Promise<{ readonly handled: number; readonly blocked: number }> {
    return redrive({
      db: this.options.db,
      topic: ACCESS_TOPIC,
      handle: async (event, tx) => {
        const { steps, unreadable } = await this.read(event);
        await this.options.log.add(tx, steps);
        return unreadable ? { stillBecause: UNREADABLE } : undefined;
      },
    });
  }

  private async read(message: CloudEvent): Promise<Reading> {
    try {
      const readings = unbundled(await this.options.sealing.open(ACCESS_TOPIC, message)).map(readingOf);
      return {
        steps: readings.flatMap(({ steps }) => steps),
        unreadable: readings.some(({ unreadable }) => unreadable),
      };
    } catch {
      return NOT_READ;
    }
  }
}

const UNREADABLE = 'UNREADABLE';
const NOT_READ: Reading = { steps: [], unreadable: true };

/** Of one event, opened. One of a type that is yet unknown is kept for the version that knows it. */
const readingOf = (event: CloudEvent): Reading => {
  const [, participle] = NAME.exec(event.type) ?? [];
  if (participle === undefined) return NOT_READ;
  try {
    const step = stepOf(participle, event.data);
    if (!isSound(step) || step.journalId !== event.key) return NOT_READ;
    const revision = Number(event.sequence ?? 0);
    return { steps: [{ ...step, revision, ceSource: event.source, ceId: event.id }], unreadable: false };
  } catch {
    return NOT_READ;
  }
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What a list could not show is not taken over: ids that are none, bytes that are no record, one about somebody else. */
const isSound = ({ journalId, personId, record, outcome }: Omit<AccessStep, 'revision'>): boolean => {
  if (!UUID.test(journalId) || !(personId === '' || UUID.test(personId))) return false;
  if (outcome) AccessOutcome.decode(outcome.bytes);
  if (!record) return true;
  const { personId: about, time } = AccessRecord.decode(record.bytes);
  return about === personId && time !== undefined;
};

const stepOf = (participle: string, data: Uint8Array) => {
  switch (participle) {
    case 'intended': {
      const { journalId, personId, record, recordSalt } = AccessIntended.decode(data);
      return { journalId, personId, record: { bytes: record, salt: recordSalt } };
    }
    case 'concluded': {
      const { journalId, personId, record, recordSalt, outcome, outcomeSalt } = AccessConcluded.decode(data);
      const step = { journalId, personId, outcome: { bytes: outcome, salt: outcomeSalt } };
      return record.length === 0 ? step : { ...step, record: { bytes: record, salt: recordSalt } };
    }
    default: {
      const { journalId, personId, record, recordSalt, outcome, outcomeSalt } = AccessJournaled.decode(data);
      return {
        journalId,
        personId,
        record: { bytes: record, salt: recordSalt },
        outcome: { bytes: outcome, salt: outcomeSalt },
      };
    }
  }
};
