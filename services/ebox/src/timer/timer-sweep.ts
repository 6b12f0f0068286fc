import { Clock } from '@crossroads/configuration';
import { Database, type Tx } from '@crossroads/database';
import { PostgresEventStore, type Recorded, type StreamAppend, Streams } from '@crossroads/eventsourcing';
import type { IsoDay } from '@crossroads/identifiers';
import { Injectable } from '@nestjs/common';
import { messageStreams } from '../message/message.decider.js';
import { receivedAt } from '../message/message-ids.js';
import { nextTimer, type Timer, type TimerKind } from '../message/timers.rules.js';

export const MAX_BATCH_SIZE = 500;

/** Without a lock: the append has to be the first write of its transaction. */
const DUE = {
  name: 'timers-due',
  text: `select owner_id as "ownerId", message_id as "messageId", due, expires_on as "expiresOn"
    from messages where due_at <= $1 order by due_at limit ${MAX_BATCH_SIZE}`,
};

/** A reader may have changed the timer since. */
const SET_NEXT = {
  name: 'timers-set-next',
  text: `
    update messages m set due_at = n.due_at, due = n.next
      from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[])
        as n (owner_id, message_id, due, due_at, next)
     where m.owner_id = n.owner_id and m.message_id = n.message_id and m.due = n.due`,
};

interface DueMessage {
  readonly ownerId: string;
  readonly messageId: string;
  readonly due: TimerKind;
  readonly expiresOn: IsoDay | null;
}

interface Decided {
  readonly message: DueMessage;
  readonly append: StreamAppend;
  readonly next: Timer | undefined;
}

const COMMANDS = { reminder: { type: 'Remind' }, expiration: { type: 'AlertOfExpiration' } } as const;

/** Handles the timers of messages that are due. */
@Injectable()
export class TimerSweep {
  private readonly streams;

  constructor(
    private readonly db: Database,
    private readonly store: PostgresEventStore,
    private readonly clock: Clock,
  ) {
    this.streams = new Streams(store, messageStreams);
  }

  /**
   * At most a batch, in the order of due time. The events and the next timers are one transaction, and the expected revisions refuse a
   * second process: each timer has its effect once.
   * @returns how many
   * @throws WrongExpectedRevision when a message was read meanwhile; nothing was written then
   */
  sweep(): Promise<number> {
    return this.db.transaction(async (tx) => {
      // Whoever reads one of these messages must not wait for a batch: this transaction gives way.
      await tx.execute(`set local lock_timeout = '200ms'`);
      const due = await tx.query<DueMessage>(DUE, [this.clock.now()]);
      if (due.length === 0) return 0;
      const store = this.store.inTransaction(tx);
      const recorded = await store.readStreams(due.map(({ messageId }) => messageId));
      const decided = await Promise.all(due.map((one) => this.decide(one, recorded.get(one.messageId) ?? [])));
      await store.append(decided.map(({ append }) => append));
      await setNext(tx, decided);
      return due.length;
    });
  }

  private async decide(message: DueMessage, recorded: readonly Recorded[]): Promise<Decided> {
    const { messageId, due, expiresOn } = message;
    const stream = await this.streams.fold(messageId, recorded);
    const events = this.streams.decide(COMMANDS[due], stream);
    const { wasRead, reminded, alerted } = this.streams.after(stream, events);
    const done = new Set<TimerKind>([due]);
    if (reminded) done.add('reminder');
    if (alerted) done.add('expiration');
    return {
      message,
      append: await this.streams.append(stream, events),
      next: nextTimer({ receivedAt: receivedAt(messageId), wasRead, expiresOn: expiresOn ?? undefined, done }),
    };
  }
}

const setNext = async (tx: Tx, decided: readonly Decided[]): Promise<void> => {
  await tx.execute(SET_NEXT, [
    decided.map(({ message }) => message.ownerId),
    decided.map(({ message }) => message.messageId),
    decided.map(({ message }) => message.due),
    decided.map(({ next }) => next?.at ?? null),
    decided.map(({ next }) => next?.kind ?? null),
  ]);
};
