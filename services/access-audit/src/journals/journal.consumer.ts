import { AccessOutcome, AccessRecord } from '@crossroads/contracts/access/v1/access_record';
import { AccessConcluded, AccessIntended, AccessJournaled } from '@crossroads/contracts/access/v1/events';
import type { Tx } from '@crossroads/database';
import { type CloudEvent, Consumer, type EventConsumer, type Reading, unbundled } from '@crossroads/messaging';
import type { AccessStep } from '../access-log/access-entry.js';
import { AccessLog, type ReceivedStep } from '../access-log/access-log.js';
import { AuditAge } from './audit-age.js';

const NAME = /^crossroads\.access\.v1\.accesses\.notify\.(intended|concluded|refused|delivered)$/;

/** A step, and when it was recorded. */
export type Step = ReceivedStep & { readonly time: Date };

/** The journals of the exchange and of subscription, taken over into the access log, each step once. */
@Consumer('crossroads.access.v1')
export class JournalConsumer implements EventConsumer<Step> {
  constructor(
    private readonly log: AccessLog,
    private readonly age: AuditAge,
  ) {}

  read(events: readonly CloudEvent[]): Reading<Step>[] {
    return events.map((message) => {
      const readings = readable(message).map(stepIn);
      const items = readings.flatMap((step) => step ?? []);
      return items.length < readings.length ? { items, unreadable: UNREADABLE } : { items };
    });
  }

  async handle(steps: readonly Step[], tx: Tx): Promise<void> {
    await this.log.add(tx, steps);
    tx.afterCommit(() => this.age.taken(steps));
  }
}

const UNREADABLE = 'UNREADABLE';

/** A bundle that is none is one message that cannot be read. */
const readable = (message: CloudEvent): readonly (CloudEvent | undefined)[] => {
  try {
    return unbundled(message);
  } catch {
    return [undefined];
  }
};

/** Of one event, opened. One of a type that is yet unknown is kept for the version that knows it. */
const stepIn = (event: CloudEvent | undefined): Step | undefined => {
  const [, participle] = NAME.exec(event?.type ?? '') ?? [];
  if (event === undefined || participle === undefined) return undefined;
  try {
    const step = stepOf(participle, event.data);
    if (!isSound(step) || step.journalId !== event.key) return undefined;
    return { ...step, revision: Number(event.sequence ?? 0), ceSource: event.source, ceId: event.id, time: event.time };
  } catch {
    return undefined;
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
