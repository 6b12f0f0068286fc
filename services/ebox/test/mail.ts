import { createHash, randomUUID } from 'node:crypto';
import { Clock } from '@crossroads/configuration';
import { type ListMessagesRequest, MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import { Database } from '@crossroads/database';
import { PostgresEventStore } from '@crossroads/eventsourcing';
import type { Connection } from '@crossroads/grpc';
import type { IsoDay } from '@crossroads/identifiers';
import { SubjectSealer } from '@crossroads/privacy';
import type { InProcessService } from '@crossroads/testing/mesh';
import { contentPlace, type DocumentContent, type MessageContent } from '../src/message/message-content.js';
import { firstIdAt, MessageIds, receivedAt } from '../src/message/message-ids.js';
import { SubjectWords } from '../src/message/subject-words.js';
import { nextTimer } from '../src/message/timers.rules.js';

export type MessageClient = Connection<typeof MessageServiceService>;

export const PROVIDER = '0206731645';
export const TYPE = 'SOCIAL_BENEFIT_DECISION';

export interface Mail {
  readonly subject?: MessageContent['subject'];
  readonly sender?: string;
  readonly provider?: string;
  readonly messageType?: string;
  readonly expiresOn?: IsoDay;
  readonly registeredMail?: boolean;
  readonly documents?: readonly DocumentContent[];
  /** When it was received; absent: now. */
  readonly at?: Date;
}

export const documentOf = (bytes: Uint8Array, more: Partial<DocumentContent> = {}): DocumentContent => ({
  id: 'decision',
  name: 'decision.pdf',
  mediaType: 'application/pdf',
  size: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('base64'),
  ...more,
});

/** Puts a message into a mailbox as publishing does, without what publishing checks. @returns its id */
export const putMail = async ({ application }: InProcessService, ownerId: string, mail: Mail = {}): Promise<string> => {
  const { subject = { nl: 'Uw beslissing' }, sender = PROVIDER, provider = sender, messageType = TYPE } = mail;
  const { expiresOn, registeredMail = false, documents = [documentOf(Buffer.from('%PDF'))], at } = mail;
  const [db, store, sealer, ids, words] = [
    application.get(Database, { strict: false }),
    application.get(PostgresEventStore, { strict: false }),
    application.get(SubjectSealer, { strict: false }),
    application.get(MessageIds, { strict: false }),
    application.get(SubjectWords, { strict: false }),
  ];
  const messageId = at ? `${firstIdAt(at).slice(0, 14)}7${randomUUID().slice(15)}` : ids.next();
  const originalMessageId = randomUUID();
  const timer = nextTimer({ receivedAt: receivedAt(messageId), wasRead: false, expiresOn, done: new Set() });
  const place = contentPlace(messageId);
  const sealed = await sealer.sealForSubject(ownerId, Buffer.from(JSON.stringify({ subject, documents })), place);
  const about = {
    ownerId,
    provider,
    sender,
    messageType,
    expiresOn: expiresOn ?? null,
    registeredMail,
    originalMessageId,
  };
  await db.transaction(async (tx) => {
    const events = [{ type: 'MessagePublished', data: { version: 1, ...about, sealed } }];
    await store
      .inTransaction(tx)
      .append([{ streamId: messageId, streamType: 'message', expectedRevision: 0n, events }]);
    await tx.query(
      `insert into messages (owner_id, message_id, due_at, due, expires_on, registered_mail, provider, sender, message_type,
         original_message_id, words)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        ownerId,
        messageId,
        timer?.at,
        timer?.kind,
        expiresOn,
        registeredMail,
        provider,
        sender,
        messageType,
        originalMessageId,
        words.hashesOf(ownerId, Object.values(subject)),
      ],
    );
  });
  return messageId;
};

export const listing = (more: Partial<ListMessagesRequest> = {}): ListMessagesRequest => ({
  mailbox: undefined,
  received: undefined,
  read: 0,
  hidden: false,
  messageType: '',
  sender: '',
  registeredMailOnly: false,
  words: '',
  pageSize: 0,
  pageToken: '',
  ...more,
});

/** A clock that a spec turns. */
export class TurnedClock extends Clock {
  private offsetMs = 0;

  override now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }

  turn(milliseconds: number): void {
    this.offsetMs += milliseconds;
  }
}
