import type { Tx } from '@crossroads/database';
import {
  isRejection,
  PostgresEventStore,
  Rejection,
  RequestIdReused,
  Streams,
  WrongExpectedRevision,
} from '@crossroads/eventsourcing';
import { FailedPrecondition, InvalidInput } from '@crossroads/grpc';
import { SubjectSealer } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Uploads } from '../document/uploads.js';
import { type RecipientMailbox, RecipientMailboxes } from '../mailbox/recipient-mailboxes.js';
import { message as messageRules, type MessageReason, messageStreams } from '../message/message.decider.js';
import { contentPlace } from '../message/message-content.js';
import { MessageIds, receivedAt } from '../message/message-ids.js';
import { MessageRows, type NewMessageRow } from '../message/message-rows.js';
import { SubjectWords } from '../message/subject-words.js';
import { nextTimer } from '../message/timers.rules.js';
import type { MessageToPublish, PublishedOutcome, PublishOutcome } from './message-to-publish.js';

type Messages = readonly MessageToPublish[];
type Outcomes = Map<MessageToPublish, PublishOutcome>;

/** A message that goes in. */
interface Accepted extends PublishedOutcome {
  readonly message: MessageToPublish;
  readonly sealed: string;
}

/** Messages name uploads that are not there. The transaction is rolled back, since it has marked their other uploads as named. */
export class UnknownUploads extends Error {
  constructor(readonly outcomes: ReadonlyMap<MessageToPublish, PublishOutcome>) {
    super('documents were not uploaded');
  }
}

/** Of the answer to a request: the id of the message, and `exclusivelyEbox`. */
const storedAnswer = z.tuple([z.string(), z.boolean()]);

/** Stores messages in a transaction: their streams with the answers to their requests, and their rows. */
@Injectable()
export class MessageStoring {
  constructor(
    private readonly events: PostgresEventStore,
    private readonly mailboxes: RecipientMailboxes,
    private readonly uploads: Uploads,
    private readonly sealer: SubjectSealer,
    private readonly ids: MessageIds,
    private readonly rows: MessageRows,
    private readonly words: SubjectWords,
  ) {}

  /**
   * Messages that repeat another of these have no outcome yet: store them in the next transaction, which finds the first one.
   * @param lookUp whether some may have been published before. Nearly all are new, so that it is worth trying without: then a message
   *   that is not new is a lost race.
   * @throws UnknownUploads; WrongExpectedRevision or RequestIdReused when a race was lost: start again, and look
   */
  async store(tx: Tx, messages: Messages, lookUp: boolean): Promise<Outcomes> {
    const outcomes: Outcomes = new Map();
    const open = () => messages.filter((message) => !outcomes.has(message));
    if (lookUp) await this.lookUp(tx, messages, outcomes);
    const mailboxes = await this.lockMailboxes(tx, open(), outcomes);
    const first = firstOfEach(open());
    await this.nameUploads(tx, first);
    await this.append(tx, await this.seal(first, mailboxes, outcomes), outcomes);
    return outcomes;
  }

  /**
   * Reads what is published before the answers: the first attempt of a request may commit in between, and is then found by its answer.
   * The other way round the request would be refused for what it published itself.
   */
  private async lookUp(tx: Tx, messages: Messages, outcomes: Outcomes): Promise<void> {
    const published = await this.rows.arePublished(tx, messages);
    const answers = await this.events.inTransaction(tx).answersTo(messages.map(({ request }) => request));
    for (const [index, message] of messages.entries()) {
      const stored = answers[index];
      if (stored instanceof RequestIdReused) outcomes.set(message, { refused: stored });
      else if (stored) {
        const [messageId, exclusivelyEbox] = storedAnswer.parse(stored.answer);
        outcomes.set(message, { messageId, exclusivelyEbox });
      } else if (published[index]) outcomes.set(message, { refused: alreadyPublished() });
    }
  }

  private async lockMailboxes(
    tx: Tx,
    messages: Messages,
    outcomes: Outcomes,
  ): Promise<ReadonlyMap<MessageToPublish, RecipientMailbox>> {
    const found = new Map<MessageToPublish, RecipientMailbox>();
    if (messages.length === 0) return found;
    const mailboxes = await this.mailboxes.lock(
      tx,
      messages.map(({ ownerIds }) => ownerIds),
    );
    for (const [index, message] of messages.entries()) {
      const mailbox = mailboxes[index];
      if (mailbox?.consented) found.set(message, mailbox);
      else outcomes.set(message, { refused: noConsent() });
    }
    return found;
  }

  /** @throws UnknownUploads */
  private async nameUploads(tx: Tx, messages: Messages): Promise<void> {
    const uploads = messages.flatMap((message) =>
      message.content.documents.flatMap((document, place) => (document.uploaded ? [{ message, document, place }] : [])),
    );
    if (uploads.length === 0) return;
    const named = await this.uploads.name(
      tx,
      uploads.map(({ message: { provider, sender, ownerIds }, document }) => ({
        ...document,
        ...{ provider, sender, ownerId: ownerIds[0] },
      })),
    );
    const unknown = uploads.filter((_, index) => !named[index]);
    if (unknown.length === 0) return;
    throw new UnknownUploads(
      new Map(unknown.map(({ message, place }) => [message, { refused: unknownUpload(place) }])),
    );
  }

  /** A person whose key was destroyed receives nothing any more. */
  private async seal(
    messages: Messages,
    mailboxes: ReadonlyMap<MessageToPublish, RecipientMailbox>,
    outcomes: Outcomes,
  ): Promise<Accepted[]> {
    const sealed = messages.map(async (message): Promise<Accepted[]> => {
      const messageId = this.ids.next();
      const content = Buffer.from(JSON.stringify(message.content));
      try {
        // The keys of all are read together, as they are asked for in the same turn.
        const text = await this.sealer.sealForSubject(message.ownerIds[0], content, contentPlace(messageId));
        const exclusivelyEbox = mailboxes.get(message)?.exclusivelyEbox ?? false;
        return [{ message, messageId, exclusivelyEbox, sealed: text }];
      } catch (error) {
        if (!isRejection(error)) throw error;
        outcomes.set(message, { refused: error });
        return [];
      }
    });
    return (await Promise.all(sealed)).flat();
  }

  private async append(tx: Tx, accepted: readonly Accepted[], outcomes: Outcomes): Promise<void> {
    if (accepted.length === 0) return;
    // In the same order in all transactions, so that two with the same messages do not wait for each other.
    const rows = accepted.map((one) => this.rowOf(one)).toSorted(byOriginalId);
    const inserted = await this.rows.insert(tx, rows);
    if (inserted < accepted.length) throw new WrongExpectedRevision();
    const events = this.events.inTransaction(tx);
    const streams = new Streams(events, messageStreams);
    const appends = accepted.map(async ({ message, messageId, exclusivelyEbox, sealed }) => ({
      appends: [await streams.append({ streamId: messageId, revision: 0n }, publishedEvents(message, sealed))],
      options: { request: message.request, answer: [messageId, exclusivelyEbox] },
    }));
    await events.appendAll(await Promise.all(appends));
    for (const { message, messageId, exclusivelyEbox } of accepted)
      outcomes.set(message, { messageId, exclusivelyEbox });
  }

  private rowOf({ message, messageId }: Accepted): NewMessageRow {
    const { ownerIds, content, ...row } = message;
    const timed = { receivedAt: receivedAt(messageId), wasRead: false, expiresOn: row.expiresOn, done: NO_TIMERS };
    return {
      ...row,
      ownerId: ownerIds[0],
      messageId,
      timer: nextTimer(timed),
      words: this.words.hashesOf(ownerIds[0], Object.values(content.subject)),
    };
  }
}

const NO_TIMERS = new Set<never>();

const byOriginalId = (one: NewMessageRow, other: NewMessageRow): number =>
  one.sender === other.sender
    ? compare(one.originalMessageId, other.originalMessageId)
    : compare(one.sender, other.sender);

const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

/** The first of those with the same request, with the same id of the same sender, or that name the same upload. */
const firstOfEach = (messages: Messages): Messages => {
  const seen = new Set<string>();
  return messages.filter(({ request, sender, originalMessageId, content: { documents } }) => {
    const names = [
      `request\n${request.institution}\n${request.rpc}\n${request.requestId}`,
      `original\n${sender}\n${originalMessageId}`,
      ...documents.flatMap(({ id, uploaded }) => (uploaded ? [`upload\n${id}`] : [])),
    ];
    if (names.some((name) => seen.has(name))) return false;
    for (const name of names) seen.add(name);
    return true;
  });
};

const publishedEvents = (message: MessageToPublish, sealed: string) => {
  const { ownerIds, provider, sender, messageType, expiresOn = null, registeredMail, originalMessageId } = message;
  const published = { version: 1, ownerId: ownerIds[0], provider, sender, messageType, expiresOn } as const;
  return messageRules.decide(
    { type: 'Publish', ...published, registeredMail, originalMessageId, sealed },
    messageRules.initialState(),
  );
};

const alreadyPublished = () =>
  new Rejection<MessageReason>(
    'MESSAGE_ALREADY_PUBLISHED',
    'the sender has published a message with this original_message_id in another request; ListMessageStates tells what became of it',
  );

const noConsent = () =>
  new FailedPrecondition('NO_CONSENT', 'the recipient has not agreed to receive mail in the eBox; send it on paper');

const unknownUpload = (place: number) =>
  new InvalidInput({
    field: `message.documents[${place}].document_id`,
    reason: 'UNKNOWN_UPLOAD',
    description:
      'no such upload of this sender with this size, digest and media type; upload it again, and name it within a day',
  });
