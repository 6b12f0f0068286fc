import { Clock } from '@crossroads/configuration';
import { Database, type Tx } from '@crossroads/database';
import {
  type CommandDecision,
  Commands,
  PostgresEventStore,
  type RequestKey,
  type Stream,
  type StreamAppend,
  Streams,
} from '@crossroads/eventsourcing';
import { FailedPrecondition, NotFound } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { beforeShowing, type IntendedOpening, OpeningJournal } from '../journal/opening-journal.js';
import type { Reader } from '../mailbox/readers.js';
import type { DocumentContent } from './message-content.js';
import { type ListedMessage, MessageContents } from './message-contents.js';
import { receivedAt } from './message-ids.js';
import { MESSAGE_COLUMNS, type MessageRow } from './message-row.js';
import { type MessageCommand, type MessageEvent, type MessageState, messageStreams } from './message.decider.js';
import { nextTimer, type TimerKind } from './timers.rules.js';

type Change = Extract<MessageCommand, { readonly type: 'Mark' | 'Hide' }>;

/** A document that may be asked of its provider: its opening is durable. */
export interface DocumentToDownload {
  readonly message: ListedMessage;
  readonly document: DocumentContent;
  readonly opening: IntendedOpening;
}

const changed = z.object({});
const READ = { type: 'Mark', read: true } as const;

/** Opens, marks and hides messages for those who may read them. */
@Injectable()
export class MessageCommands {
  private readonly streams;

  constructor(
    private readonly db: Database,
    private readonly store: PostgresEventStore,
    private readonly commands: Commands,
    private readonly contents: MessageContents,
    private readonly journal: OpeningJournal,
    private readonly clock: Clock,
  ) {
    this.streams = new Streams(store, messageStreams);
  }

  /** Opens a message, which counts as read from then on. Both are durable when it is returned. @throws NotFound; Unavailable */
  open(reader: Reader, messageId: string): Promise<ListedMessage> {
    return beforeShowing(
      this.commands.execute({
        decide: async () => {
          const { message, stream } = await this.find(reader, messageId);
          const opening = await this.journal.openedAppend({ reader, message });
          const { appends, ...rest } = await this.change(message, stream, READ);
          const answer = { ...message, readAt: message.readAt ?? this.clock.now() };
          return { ...rest, appends: [...appends, opening], answer };
        },
      }),
    );
  }

  /**
   * Makes it durable that a document is opened, and that its message was read.
   * @throws NotFound; FailedPrecondition `DOCUMENT_EXPIRED`; Unavailable
   */
  openDocument(reader: Reader, messageId: string, documentId: string): Promise<DocumentToDownload> {
    return beforeShowing(
      this.commands.execute({
        decide: async () => {
          const { message, stream } = await this.find(reader, messageId);
          const document = message.content.documents.find(({ id }) => id === documentId);
          if (!document) throw noSuchMessage();
          this.requireNotExpired(message);
          const opened = { documentId, provider: message.provider };
          const opening = await this.journal.intend({ reader, message, document: opened });
          const { appends, writeRows } = await this.change(message, stream, READ);
          return {
            appends: [...appends, opening.append],
            answer: { message, document, opening },
            writeRows: async (tx) => {
              await this.journal.keepOpen(tx, opening);
              await writeRows?.(tx);
            },
          };
        },
      }),
    );
  }

  /** Marks as read or unread, hides or shows. @throws NotFound, also when the request is repeated by who may not read it */
  async apply(reader: Reader, messageId: string, change: Change, request: RequestKey): Promise<void> {
    const row = await this.row(reader, messageId);
    await this.commands.execute({
      request,
      answerCodec: changed,
      decide: async () => ({ ...(await this.change(row, await this.streams.load(messageId), change)), answer: {} }),
    });
  }

  private async change(
    row: MessageRow,
    stream: Stream<MessageState>,
    command: Change,
  ): Promise<Pick<CommandDecision<unknown>, 'appends' | 'writeRows'>> {
    const [event] = this.streams.decide(command, stream);
    if (!event) return { appends: [] };
    const appends: StreamAppend[] = [await this.streams.append(stream, [event])];
    const state = this.streams.after(stream, [event]);
    return { appends, writeRows: (tx) => this.updateRow(tx, row, event, state) };
  }

  private async find(reader: Reader, messageId: string) {
    const [row, events] = await Promise.all([this.row(reader, messageId), this.store.readStream(messageId)]);
    const [message] = await this.contents.open([{ ...row, sealed: sealedIn(events[0]?.data) }]);
    if (!message) throw noSuchMessage();
    return { message, stream: await this.streams.fold(messageId, events) };
  }

  /** @throws NotFound, the same for a message of somebody else */
  private async row({ ownerIds }: Reader, messageId: string): Promise<MessageRow> {
    const [row] = await this.db.query<MessageRow>(
      {
        name: 'message-of-owner',
        text: `select ${MESSAGE_COLUMNS} from messages where owner_id = any($1::uuid[]) and message_id = $2`,
      },
      [ownerIds, messageId],
    );
    if (!row) throw noSuchMessage();
    return row;
  }

  private requireNotExpired({ expiresOn }: MessageRow): void {
    if (expiresOn === null || dayOf(this.clock.now()) <= expiresOn) return;
    throw new FailedPrecondition('DOCUMENT_EXPIRED', 'its sender let it be opened until a day that has passed', {
      metadata: { expirationDate: expiresOn },
    });
  }

  private async updateRow(
    tx: Tx,
    { ownerId, messageId, expiresOn }: MessageRow,
    { type }: MessageEvent,
    state: MessageState,
  ): Promise<void> {
    const update = (columns: string, ...values: readonly unknown[]) =>
      tx.execute(`update messages set ${columns} where owner_id = $1 and message_id = $2`, [
        ownerId,
        messageId,
        ...values,
      ]);
    switch (type) {
      case 'MessageRead': {
        const timer = nextTimer({
          receivedAt: receivedAt(messageId),
          wasRead: true,
          expiresOn: expiresOn ?? undefined,
          done: timersDone(state),
        });
        await update(
          'read_at = $3, first_read_at = coalesce(first_read_at, $3), due_at = $4, due = $5',
          this.clock.now(),
          timer?.at ?? null,
          timer?.kind ?? null,
        );
        break;
      }
      case 'MessageMarkedUnread':
        await update('read_at = null');
        break;
      case 'MessageHidden':
      case 'MessageShown':
        await update('hidden = $3', state.hidden);
        break;
      case 'MessagePublished':
      case 'MessageReminded':
      case 'MessageExpirationAlerted':
        throw new TypeError('a reader causes no such event');
    }
  }
}

const timersDone = ({ reminded, alerted }: MessageState): ReadonlySet<TimerKind> =>
  new Set<TimerKind>([...(reminded ? (['reminder'] as const) : []), ...(alerted ? (['expiration'] as const) : [])]);

const sealedIn = (data: unknown): string => {
  const sealed: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'sealed') : undefined;
  if (typeof sealed !== 'string') throw new TypeError('a message without its content');
  return sealed;
};

/** The same for a message of somebody else: who asks does not learn that it exists. */
const noSuchMessage = () =>
  new NotFound('RESOURCE_NOT_FOUND', 'there is no such message among those that this person may see');
