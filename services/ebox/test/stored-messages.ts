import { randomUUID } from 'node:crypto';
import { type Database, openDatabase, type Tx } from '@crossroads/database';
import { PostgresEventStore, Streams } from '@crossroads/eventsourcing';
import type { IsoDay } from '@crossroads/identifiers';
import { type MessageCommand, messageStreams } from '../src/message/message.decider.js';
import { firstIdAt } from '../src/message/message-ids.js';
import { nextTimer } from '../src/message/timers.rules.js';

export interface StoredMessage {
  readonly messageId: string;
  readonly ownerId: string;
  readonly provider: string;
  readonly originalMessageId: string;
}

export interface MessageToStore {
  readonly provider: string;
  readonly ownerId?: string;
  readonly receivedAt?: Date;
  readonly expiresOn?: IsoDay;
}

/** Messages as publishing and reading store them: the events, and the row in their transaction. */
export class StoredMessages {
  private readonly store: PostgresEventStore;
  private readonly streams;

  private constructor(readonly db: Database) {
    this.store = new PostgresEventStore(db);
    this.streams = new Streams(this.store, messageStreams);
  }

  static async in({ url }: { readonly url: string }): Promise<StoredMessages> {
    return new StoredMessages(await openDatabase({ url }));
  }

  async publish(message: MessageToStore): Promise<StoredMessage> {
    const { provider, ownerId = randomUUID(), receivedAt = new Date(), expiresOn } = message;
    const messageId = idAt(receivedAt);
    const originalMessageId = randomUUID();
    const published = {
      version: 1,
      ownerId,
      provider,
      sender: provider,
      messageType: 'GENERAL_NOTICE',
      expiresOn: expiresOn ?? null,
      registeredMail: false,
      originalMessageId,
      sealed: '',
    } as const;
    const timer = nextTimer({ receivedAt, wasRead: false, expiresOn, done: new Set() });
    await this.change(messageId, { type: 'Publish', ...published }, async (tx) => {
      await tx.query(
        `insert into messages (owner_id, message_id, due_at, due, expires_on, registered_mail, provider, sender,
           message_type, original_message_id, words) values ($1, $2, $3, $4, $5, false, $6, $6, $7, $8, '{}')`,
        [ownerId, messageId, timer?.at, timer?.kind, expiresOn, provider, published.messageType, originalMessageId],
      );
    });
    return { messageId, ownerId, provider, originalMessageId };
  }

  /** As its owner does. */
  mark({ messageId }: StoredMessage, read: boolean): Promise<void> {
    return this.change(messageId, { type: 'Mark', read }, async () => undefined);
  }

  /** How often each type of event is in the stream of a message. */
  async eventsOf({ messageId }: StoredMessage): Promise<string[]> {
    return (await this.store.readStream(messageId)).map(({ type }) => type);
  }

  close(): Promise<void> {
    return this.db.close();
  }

  private async change(
    messageId: string,
    command: MessageCommand,
    writeRows: (tx: Tx) => Promise<void>,
  ): Promise<void> {
    const stream = await this.streams.load(messageId);
    const events = this.streams.decide(command, stream);
    await this.db.transaction(async (tx) => {
      await this.store.inTransaction(tx).append([await this.streams.append(stream, events)]);
      await writeRows(tx);
    });
  }
}

/** A UUIDv7 of an instant. */
const idAt = (instant: Date): string => `${firstIdAt(instant).slice(0, 14)}7${randomUUID().slice(15)}`;
