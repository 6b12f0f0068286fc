import { AccessKind, Ask, Behind, Outcome } from '@crossroads/contracts/access/v1/access_record';
import { AccessConcluded, AccessIntended, AccessJournaled } from '@crossroads/contracts/access/v1/events';
import type { Tx } from '@crossroads/database';
import {
  type CloudEvent,
  Consumer,
  type EventConsumer,
  type PhantomRange,
  type PhantomWork,
  type Reading,
  type RestoredLog,
} from '@crossroads/messaging';
import { ACCESS_TOPICS, ebox, eventSourceOf, exchange, referenceDirectory, subscription } from '@crossroads/topology';
import type { AccessStep } from '../access-log/access-entry.js';
import { AccessLog, type ReceivedStep } from '../access-log/access-log.js';
import { LostAccesses } from '../access-log/lost-accesses.js';
import { AuditAge } from './audit-age.js';
import { inscriptionsIn } from './inscribed-persons.reader.js';
import { ownLookIn } from './own-look.reader.js';

const NAME =
  /^crossroads\.access\.v1\.accesses\.notify\.(intended|concluded|refused|delivered|opened|inscribed|looked)$/;

/** What each journal may record: one service cannot write lines in the name of another one, or of the person. */
const KINDS_OF: ReadonlyMap<string, readonly AccessKind[]> = new Map([
  [eventSourceOf(exchange.name), [AccessKind.ACCESS_KIND_CONSULTATION]],
  [eventSourceOf(subscription.name), [AccessKind.ACCESS_KIND_DELIVERY]],
  [eventSourceOf(ebox.name), [AccessKind.ACCESS_KIND_MAIL_OPENING]],
  [
    eventSourceOf(referenceDirectory.name),
    [AccessKind.ACCESS_KIND_INSCRIPTION, AccessKind.ACCESS_KIND_INSCRIPTION_END],
  ],
]);

/** Of `looked` alone, whose producer is in the line: no journal writes a line of somebody who looked elsewhere. */
const LOOKS = [AccessKind.ACCESS_KIND_SELF_CONSULTATION];

/** A step, with the time at which its journal recorded it. */
export type Step = ReceivedStep & { readonly time: Date };

/** Stores the steps of the access journals (exchange, subscription, ebox, reference-directory) in the access log, each one exactly once. */
@Consumer(ACCESS_TOPICS)
export class JournalConsumer implements EventConsumer<Step> {
  constructor(
    private readonly log: AccessLog,
    private readonly age: AuditAge,
    private readonly lost: LostAccesses,
  ) {}

  read(events: readonly CloudEvent[]): Reading<Step>[] {
    return events.map((event) => {
      const steps = stepsIn(event);
      return steps === undefined ? { items: [], unreadable: 'UNREADABLE' } : { items: steps };
    });
  }

  async handle(steps: readonly Step[], tx: Tx): Promise<void> {
    await this.log.add(tx, steps);
    tx.afterCommit(() => this.age.recorded(steps));
  }

  /** Persons have been shown these accesses, so they stay; the list says that their journal has lost them. */
  async onPhantoms(range: PhantomRange, log: RestoredLog): Promise<PhantomWork> {
    const lost = await this.lost.find(range, log);
    return {
      apply: (tx) => this.log.noteLost(tx, lost),
      report: [
        `${lost.length} steps of accesses are lost at ${range.source}: they stay in the lists, marked as lost at the source.`,
      ],
    };
  }
}

/** `undefined` for an event that cannot be read, also for an unknown type: it is parked until a version that knows it is deployed. */
const stepsIn = (event: CloudEvent): Step[] | undefined => {
  const [, action] = NAME.exec(event.type) ?? [];
  if (action === undefined) return undefined;
  const identity = { ceSource: event.source, ceId: event.id, time: event.time };
  try {
    const kinds = KINDS_OF.get(event.source) ?? [];
    if (action === 'inscribed') {
      const steps = inscriptionsIn(event);
      return steps.every((step) => isValid(step, kinds)) ? steps.map((step) => ({ ...step, ...identity })) : undefined;
    }
    const step = action === 'looked' ? ownLookIn(event) : stepOf(action, event.data);
    const allowed = action === 'looked' ? LOOKS : kinds;
    if (!isValid(step, allowed) || step.journalId !== event.key) return undefined;
    return [{ ...step, revision: Number(event.sequence ?? 0), ...identity }];
  } catch {
    return undefined;
  }
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a list can show the step: valid ids, and parts that can be decoded, each of a version that is known here, and of these kinds. */
const isValid = (
  { journalId, personId, releases }: Omit<AccessStep, 'revision'>,
  kinds: readonly AccessKind[],
): boolean => {
  if (!UUID.test(journalId) || !(personId === '' || UUID.test(personId)) || releases.length === 0) return false;
  return releases.every(({ ask, behind, outcome }) => {
    if (outcome.length > 0 && Outcome.decode(outcome).outcomeVersion !== 1) return false;
    if (ask.length === 0) return outcome.length > 0;
    const { askVersion, kind, time } = Ask.decode(ask);
    return askVersion === 1 && kinds.includes(kind) && time !== undefined && Behind.decode(behind).behindVersion === 1;
  });
};

/** They differ in what their releases have. */
const MESSAGES = { intended: AccessIntended, concluded: AccessConcluded };

const stepOf = (action: string, data: Uint8Array) =>
  (action === 'intended' || action === 'concluded' ? MESSAGES[action] : AccessJournaled).decode(data);
