import type { LocalizedText, Message, MessageType, Payment } from '@crossroads/contracts/ebox/v1/message';
import { formatDay } from '../text/format.js';
import { LANGUAGES, type Language, LOCALES } from '../text/language.js';

/** A text that somebody else wrote, and its language, in which a screen reader says it. */
export interface ForeignText {
  readonly text: string;
  readonly language: Language;
}

/** Control characters, and those that turn the direction of what follows. */
const UNPRINTABLE = /[\p{Cc}\u{200E}\u{200F}\u{202A}-\u{202E}\u{2066}-\u{2069}\p{Zl}\p{Zp}]/gu;

export const printable = (text: string): string => text.toWellFormed().replaceAll(UNPRINTABLE, ' ').trim();

/** In the reader's language, or in the first one that there is. */
export const foreignText = (text: LocalizedText | undefined, language: Language): ForeignText | undefined => {
  for (const one of [language, ...LANGUAGES]) {
    const found = printable(text?.[one] ?? '');
    if (found !== '') return { text: found, language: one };
  }
  return undefined;
};

export interface MessageLine {
  readonly messageId: string;
  /** Absent: it has none. */
  readonly subject: ForeignText | undefined;
  readonly sender: string;
  /** Absent: nobody said what kind it is. */
  readonly type: ForeignText | undefined;
  readonly receivedAt: Date | undefined;
  readonly unread: boolean;
  readonly registered: boolean;
  readonly payment: string;
  readonly payBy: string;
  readonly expiresOn: string;
}

export const messageLine = (message: Message, types: readonly MessageType[], language: Language): MessageLine => ({
  messageId: message.messageId,
  subject: foreignText(message.subject, language),
  sender: printable(message.senderName) || message.sender,
  type: typeOf(message.messageType, types, language),
  receivedAt: message.receivedTime,
  unread: message.readTime === undefined,
  registered: message.registeredMail,
  payment: message.payment ? amountOf(message.payment, language) : '',
  payBy: dayText(message.payment?.dueDate, language),
  expiresOn: dayText(message.expirationDate, language),
});

/** A kind without a title is shown by its name. */
const typeOf = (name: string, types: readonly MessageType[], language: Language): ForeignText | undefined => {
  if (name === '') return undefined;
  const title = types.find(({ messageType }) => messageType === name)?.title;
  return foreignText(title, language) ?? { text: printable(name), language: 'en' };
};

export interface DocumentLine {
  readonly documentId: string;
  readonly name: string;
  readonly kind: string;
  readonly size: string;
  readonly isAway: boolean;
}

interface PaymentView {
  readonly amount: string;
  readonly iban: string;
  readonly reference: string;
  readonly payBy: string;
}

export interface MessageView extends MessageLine {
  readonly hidden: boolean;
  readonly documents: readonly DocumentLine[];
  readonly payable: PaymentView | undefined;
}

export const messageView = (message: Message, types: readonly MessageType[], language: Language): MessageView => ({
  ...messageLine(message, types, language),
  hidden: message.hidden,
  documents: message.documents.map(({ documentId, name, mediaType, size, temporarilyUnavailable }) => ({
    documentId,
    name: printable(name),
    kind: kindOf(mediaType),
    size: sizeOf(size, language),
    isAway: temporarilyUnavailable,
  })),
  payable: message.payment && {
    amount: amountOf(message.payment, language),
    iban: ibanOf(message.payment.iban),
    reference: printable(message.payment.reference),
    payBy: dayText(message.payment.dueDate, language),
  },
});

const KINDS: Readonly<Record<string, string>> = {
  'application/pdf': 'PDF',
  'application/zip': 'ZIP',
  'application/xml': 'XML',
  'application/json': 'JSON',
  'image/jpeg': 'JPEG',
  'image/png': 'PNG',
  'text/csv': 'CSV',
  'text/html': 'HTML',
  'text/plain': 'TXT',
  'text/xml': 'XML',
};

const kindOf = (mediaType: string): string => KINDS[mediaType.toLowerCase()] ?? printable(mediaType);

const UNITS = ['byte', 'kilobyte', 'megabyte'] as const;

/** In decimal units, as file managers show it. */
export const sizeOf = (bytes: bigint, language: Language): string => {
  let size = Number(bytes);
  let step = 0;
  while (size >= 1000 && step < UNITS.length - 1) {
    size /= 1000;
    step += 1;
  }
  return new Intl.NumberFormat(LOCALES[language], {
    style: 'unit',
    unit: UNITS[step],
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: size < 10 && step > 0 ? 1 : 0,
  }).format(size);
};

const AMOUNT = /^\d{1,15}(?:\.\d{1,2})?$/;
const CURRENCY = /^[A-Z]{3}$/;

/** What is no amount is shown as it came. */
const amountOf = ({ amount, currency }: Payment, language: Language): string =>
  AMOUNT.test(amount) && CURRENCY.test(currency)
    ? new Intl.NumberFormat(LOCALES[language], { style: 'currency', currency }).format(Number(amount))
    : printable(`${amount} ${currency}`);

/** In groups of four, as banks print it. */
const ibanOf = (iban: string): string =>
  printable(iban)
    .replaceAll(' ', '')
    .replaceAll(/(.{4})(?=.)/g, '$1 ');

interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export const isoOf = ({ year, month, day }: DateParts): string =>
  `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;

const dayText = (date: DateParts | undefined, language: Language): string =>
  date ? formatDay(language, isoOf(date)) : '';
