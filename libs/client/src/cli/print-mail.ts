import { MailReader } from '@crossroads/contracts/access/v1/access_record';
import { type ProviderEvent, ProviderEventKind } from '@crossroads/contracts/ebox/v1/events';
import type { Consent, Delegate, Mailbox } from '@crossroads/contracts/ebox/v1/mailbox_service';
import type { Document, LocalizedText, Message } from '@crossroads/contracts/ebox/v1/message';
import type { DateMessage } from '@crossroads/contracts/google/type/date';
import type { PublishedOne } from '../publishing.js';

/** Text of others must not control the terminal. */
const plain = (text: string): string => text.replace(/\p{Cc}/gu, '�');

const dayOf = (date: DateMessage | undefined): string =>
  date === undefined
    ? ''
    : [date.year, date.month, date.day].map((part, index) => String(part).padStart(index === 0 ? 4 : 2, '0')).join('-');

const lineOf = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('  ');

const READERS = new Map([
  [MailReader.MAIL_READER_OWNER, 'own'],
  [MailReader.MAIL_READER_DELEGATE, 'as delegate'],
  [MailReader.MAIL_READER_ENTERPRISE_READER, 'of an enterprise'],
]);

export const mailboxLine = (mailbox: Mailbox): string =>
  lineOf(
    mailbox.mailboxId || 'not open yet',
    READERS.get(mailbox.reader) ?? '',
    mailbox.enterpriseNumber,
    plain(mailbox.delegationLabel),
    mailbox.consented ? 'consented' : 'no consent',
    `${mailbox.unreadMessages} unread`,
  );

export const consentLine = ({ time, channel, given, frontEnd }: Consent): string =>
  lineOf(time?.toISOString() ?? '', given ? 'given' : 'withdrawn', channel, `through ${frontEnd}`);

export const delegateLine = ({ delegationId, label, period, removeTime }: Delegate): string =>
  lineOf(
    delegationId,
    plain(label),
    `${dayOf(period?.startDate) || '…'} to ${dayOf(period?.endDate) || '…'}`,
    removeTime === undefined ? '' : `removed ${removeTime.toISOString()}`,
  );

const textOf = (text: LocalizedText | undefined): string =>
  plain([text?.nl, text?.fr, text?.de, text?.en].find((one) => one !== undefined && one !== '') ?? '');

const whoSent = ({ sender, senderName }: Message): string => plain(senderName) || sender;

export const messageLine = (message: Message): string =>
  lineOf(
    message.messageId,
    message.receivedTime?.toISOString() ?? '',
    message.readTime === undefined ? 'unread' : 'read',
    message.registeredMail ? 'registered' : '',
    whoSent(message),
    textOf(message.subject),
  );

const documentLine = ({ documentId, name, mediaType, size, temporarilyUnavailable }: Document): string =>
  lineOf(
    `  ${plain(documentId)}`,
    plain(name),
    plain(mediaType),
    `${size} bytes`,
    temporarilyUnavailable ? 'temporarily unavailable' : '',
  );

export const messageLines = (message: Message): string[] => {
  const { subject, payment, expirationDate } = message;
  const languages = [subject?.nl, subject?.fr, subject?.de, subject?.en].filter((text) => text);
  return [
    ...languages.map((text) => plain(text ?? '')),
    lineOf(`from ${whoSent(message)}`, `received ${message.receivedTime?.toISOString() ?? ''}`, message.messageType),
    ...(expirationDate ? [`its documents can be opened until ${dayOf(expirationDate)}`] : []),
    ...(payment
      ? [`to be paid: ${plain(lineOf(payment.amount, payment.currency, payment.iban, payment.reference))}`]
      : []),
    ...message.documents.map(documentLine),
  ];
};

const KINDS = new Map([
  [ProviderEventKind.PROVIDER_EVENT_KIND_NEW_DOCUMENT, 'newDocument'],
  [ProviderEventKind.PROVIDER_EVENT_KIND_NEW_DOCUMENT_REMINDER, 'newDocumentReminder'],
  [ProviderEventKind.PROVIDER_EVENT_KIND_DOCUMENT_EXPIRATION_ALERT, 'documentExpirationAlert'],
  [ProviderEventKind.PROVIDER_EVENT_KIND_READ_DOCUMENT, 'readDocument'],
]);

export const eventLine = ({ eventSequenceNbr, kind, messageId, originalMessageId, sender, time }: ProviderEvent) =>
  lineOf(
    String(eventSequenceNbr),
    time?.toISOString() ?? '',
    KINDS.get(kind) ?? 'unknown',
    messageId,
    plain(originalMessageId),
    `sender ${sender}`,
  );

export const outcomeLine = ({ number, message, outcome }: PublishedOne): string =>
  outcome.$case === 'published'
    ? lineOf(String(number), plain(message.originalMessageId), outcome.value.messageId)
    : lineOf(
        String(number),
        plain(message.originalMessageId),
        `refused: ${outcome.value.reason}`,
        ...outcome.value.fields.map(({ field, description }) => `${field}: ${description}`),
      );
