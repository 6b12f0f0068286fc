import { Database, type Tx } from '@crossroads/database';
import { type CommandDecision, PostgresEventStore, type Stream, Streams } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import { ConsentRepository } from './consent.repository.js';
import { MailboxRows } from './mailbox-rows.js';
import { type MailboxCommand, type MailboxState, mailboxStreams } from './mailbox.decider.js';
import { MailboxRepository } from './mailbox.repository.js';
import { ownMailbox } from './own-mailbox.rules.js';
import type { Reader } from './readers.js';

/** Loads what is decided on, and makes of a decision what is written. */
@Injectable()
export class MailboxDecisions {
  private readonly streams;

  constructor(
    private readonly db: Database,
    store: PostgresEventStore,
    private readonly mailboxes: MailboxRepository,
    private readonly consents: ConsentRepository,
    private readonly rows: MailboxRows,
  ) {
    this.streams = new Streams(store, mailboxStreams);
  }

  /**
   * The stream of an owner's mailbox, and the channels that have consent. The stream is read before the rows: if these are newer, the
   * append loses its race and the command begins again.
   */
  async load(ownerIds: Reader['ownerIds']) {
    const row = ownMailbox(ownerIds, await this.mailboxes.ofOwners(ownerIds));
    const stream = await this.stream(row?.ownerId ?? ownerIds[0]);
    const [channels = new Set<string>()] = await this.consents.channelsOf(this.db, [ownerIds]);
    return { stream, channels };
  }

  stream(ownerId: string): Promise<Stream<MailboxState>> {
    return this.streams.load(ownerId);
  }

  /** @throws Rejection */
  async decide(
    stream: Stream<MailboxState>,
    command: MailboxCommand,
  ): Promise<Pick<CommandDecision<unknown>, 'appends' | 'writeRows'>> {
    const events = this.streams.decide(command, stream);
    if (events.length === 0) return { appends: [] };
    const after = this.streams.after(stream, events);
    return {
      appends: [await this.streams.append(stream, events)],
      writeRows: (tx: Tx) => this.rows.write(tx, stream.streamId, events, after),
    };
  }
}
