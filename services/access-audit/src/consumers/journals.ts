import { AccessConcluded, AccessIntended, AccessJournaled } from '@crossroads/contracts/access/v1/events';
import type { Database } from '@crossroads/eventsourcing';
import { type CloudEvent, park, parkBlocked, redrive, rememberConsumed, type TopicSealing } from '@crossroads/messaging';
import type { AccessLog, ReceivedStep } from '../log/access-log.js';

export const ACCESS_TOPIC = 'crossroads.access.v1';

const NAME = /^crossroads\.access\.v1\.accesses\.notify\.(intended|concluded|refused|delivered)$/;

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
    const read = await Promise.all(events.map(async (event) => ({ event, step: await this.read(event) })));
    await this.options.db.transaction(async (tx) => {
      const unreadable = new Set(read.flatMap(({ event, step }) => (step === 'unreadable' ? [event.key] : [])));
      const waiting = new Set(
        await parkBlocked(tx, ACCESS_TOPIC, events).then((free) => events.filter((event) => !free.includes(event))),
      );
      const steps: ReceivedStep[] = [];
      for (const { event, step } of read) {
        if (waiting.has(event) || step === undefined) continue;
        if (unreadable.has(event.key)) await park(tx, ACCESS_TOPIC, event, 'UNREADABLE');
        else if (step !== 'unreadable') steps.push(step);
      }
      await this.options.log.add(tx, steps);
      await rememberConsumed(tx, ACCESS_TOPIC, events);
    });
  }

  /** Tries what is parked again: when a key has come that was missing. */
  redrive(): Promise<{ readonly handled: number; readonly blocked: number }> {
    return redrive({
      db: this.options.db,
      topic: ACCESS_TOPIC,
      handle: async (event, tx) => {
        const step = await this.read(event);
        if (step === 'unreadable') return { stillBecause: 'UNREADABLE' };
        if (step) await this.options.log.add(tx, [step]);
        return undefined;
      },
    });
  }

  private async read(event: CloudEvent): Promise<ReceivedStep | 'unreadable' | undefined> {
    const [, participle] = NAME.exec(event.type) ?? [];
    if (participle === undefined) return undefined;
    try {
      const { data } = await this.options.sealing.open(ACCESS_TOPIC, event);
      const step = stepOf(participle, data);
      return { ...step, ceSource: event.source, ceId: event.id };
    } catch {
      return 'unreadable';
    }
  }
}

const stepOf = (participle: string, data: Uint8Array) => {
  switch (participle) {
    case 'intended': {
      const { journalId, personId, record, recordSalt } = AccessIntended.decode(data);
      return { journalId, personId, record: { bytes: record, salt: recordSalt } };
    }
    case 'concluded': {
      const { journalId, personId, outcome, outcomeSalt } = AccessConcluded.decode(data);
      return { journalId, personId, outcome: { bytes: outcome, salt: outcomeSalt } };
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
