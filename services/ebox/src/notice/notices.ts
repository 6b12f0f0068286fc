import { createHash } from 'node:crypto';
import { Database } from '@crossroads/database';
import { uuidV7 } from '@crossroads/eventsourcing';
import { ebox } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { Uploads } from '../document/uploads.js';
import { RecipientMailboxes } from '../mailbox/recipient-mailboxes.js';
import type { DocumentContent } from '../message/message-content.js';
import { MessageRows } from '../message/message-rows.js';
import { MessagePublishing } from '../publication/message-publishing.js';
import type { MessageToPublish } from '../publication/message-to-publish.js';
import { NoticeSettings } from './notice.settings.js';
import type { NoticeRule } from './notice-rules.js';
import { filledIn, type Language, type NoticeValues } from './notice-text.rules.js';

/** A message that a rule asks for. */
export interface Notice {
  readonly rule: NoticeRule;
  /** What has happened, for example the id of a deliberation: for each rule, cause and person there is one message. */
  readonly cause: string;
  /** The id under which the cause concerns the person. */
  readonly personId: string;
  /** All ids of the person, the current one first. */
  readonly ownerIds: readonly [string, ...string[]];
  readonly values: NoticeValues;
  /** When it happened: whoever opened a mailbox later is not told. Absent: whoever has one is. */
  readonly happenedAt?: Date | undefined;
}

interface Addressed extends Notice {
  readonly originalMessageId: string;
  readonly language: Language;
}

const PROVIDER = `service:${ebox.name}`;
const MEDIA_TYPE = 'text/plain';
/** Not to be told, or told already. */
const SETTLED: readonly unknown[] = ['NO_CONSENT', 'MESSAGE_ALREADY_PUBLISHED', 'SUBJECT_FORGOTTEN'];

/** Publishes the messages of the mesh itself, to those who gave consent, each once. */
@Injectable()
export class Notices {
  private readonly sender: string;

  constructor(
    private readonly db: Database,
    private readonly mailboxes: RecipientMailboxes,
    private readonly uploads: Uploads,
    private readonly rows: MessageRows,
    private readonly publishing: MessagePublishing,
    { OPERATOR_ENTERPRISE_NUMBER }: NoticeSettings,
  ) {
    this.sender = OPERATOR_ENTERPRISE_NUMBER;
  }

  /** Repeating it publishes nothing twice. @throws what refuses a message for another reason than that there is nothing to tell */
  async publish(notices: readonly Notice[]): Promise<void> {
    if (notices.length === 0) return;
    const documents = new Map<string, Promise<DocumentContent>>();
    const addressed = await this.addressed(notices);
    const messages = await Promise.all(addressed.map((notice) => this.messageOf(notice, documents)));
    for (const outcome of await this.publishing.publish(messages))
      if ('refused' in outcome && !SETTLED.includes(Reflect.get(outcome.refused, 'reason'))) throw outcome.refused;
  }

  /** Those who consented, and have no such message yet. A first start reads the registry's whole history: it tells nobody of old changes. */
  private async addressed(notices: readonly Notice[]): Promise<Addressed[]> {
    const { sender } = this;
    const named = notices.map((notice) => ({ ...notice, sender, originalMessageId: originalIdOf(notice) }));
    const published = await this.rows.arePublished(this.db, named);
    const open = named.filter((_, index) => !published[index]);
    if (open.length === 0) return [];
    const ownerIds = open.map((notice) => notice.ownerIds);
    const mailboxes = await this.db.transaction((tx) => this.mailboxes.lock(tx, ownerIds));
    return open.flatMap((notice, index) => {
      const mailbox = mailboxes[index];
      if (!mailbox?.consented || (notice.happenedAt && notice.happenedAt < mailbox.openedAt)) return [];
      return [{ ...notice, language: mailbox.language }];
    });
  }

  private async messageOf(
    notice: Addressed,
    documents: Map<string, Promise<DocumentContent>>,
  ): Promise<MessageToPublish> {
    const { rule, ownerIds, originalMessageId, values } = notice;
    const subject = {
      nl: filledIn(rule.subject.nl, values, 'nl'),
      fr: filledIn(rule.subject.fr, values, 'fr'),
      de: filledIn(rule.subject.de, values, 'de'),
      en: filledIn(rule.subject.en, values, 'en'),
    };
    return {
      request: {
        institution: this.sender,
        rpc: 'notice',
        // The id of the message refuses a second one: no request is ever repeated.
        requestId: uuidV7(),
        // The document has another id when it is made again.
        hash: createHash('sha256').update(originalMessageId).digest(),
      },
      ownerIds,
      provider: PROVIDER,
      sender: this.sender,
      originalMessageId,
      messageType: rule.messageType,
      expiresOn: undefined,
      registeredMail: false,
      content: { subject, documents: [await this.documentOf(notice, documents)] },
    };
  }

  /** Persons who are told the same share one document. */
  private documentOf({ rule, values, language }: Addressed, documents: Map<string, Promise<DocumentContent>>) {
    const text = rule.text[language].map((paragraph) => `${filledIn(paragraph, values, language)}\n`).join('\n');
    const name = rule.document[language];
    const key = `${name}\n${text}`;
    const document = documents.get(key) ?? this.keep(name, Buffer.from(text));
    documents.set(key, document);
    return document;
  }

  private async keep(name: string, content: Buffer): Promise<DocumentContent> {
    const id = await this.uploads.keep(content, { sender: this.sender, mediaType: MEDIA_TYPE });
    const sha256 = createHash('sha256').update(content).digest('base64');
    return { id, name, mediaType: MEDIA_TYPE, size: content.length, sha256, uploaded: true };
  }
}

/** Tells nothing of the person. */
const originalIdOf = ({ rule: { rule }, cause, personId }: Notice): string =>
  `${rule}/${createHash('sha256')
    .update(JSON.stringify([rule, cause, personId]))
    .digest('base64url')}`;
