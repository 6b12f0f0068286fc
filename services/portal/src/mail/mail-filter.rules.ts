import { ListMessagesRequest, ReadFilter } from '@crossroads/contracts/ebox/v1/message_service';
import { datePartsOf, parseEnterpriseNumber, parseIsoDay } from '@crossroads/identifiers';
import { type FormInput, typedDay, textOf } from '../page/form-input.rules.js';
import type { Query } from '../page/href.js';
import { type MailboxChoice, mailboxReferenceOf } from './mailbox-choice.rules.js';

/** What of a mailbox is listed, as the form and the address have it; a field that is empty lets everything through. */
export interface MailFilter {
  readonly read: '' | 'unread' | 'read';
  readonly sender: string;
  readonly type: string;
  readonly registered: boolean;
  readonly hidden: boolean;
  /** Days as `yyyy-mm-dd`, both included. */
  readonly from: string;
  readonly to: string;
  /** Never in an address as they are: `SearchWords` seals them. */
  readonly words: string;
}

export const EVERYTHING: MailFilter = {
  read: '',
  sender: '',
  type: '',
  registered: false,
  hidden: false,
  from: '',
  to: '',
  words: '',
};

export type FilterField = 'sender' | 'from' | 'to' | 'words';
type FilterProblem = 'noSender' | 'noDay' | 'endsBeforeItBegins' | 'noWord' | 'tooLong';
export type FilterProblems = Partial<Record<FilterField, FilterProblem>>;

const MAX_WORDS_LENGTH = 200;

const readOf = (text: string): MailFilter['read'] => (text === 'unread' || text === 'read' ? text : '');

/** Reads a form, or an address with its words put in the place of their sealed form. */
export const mailFilterOf = (input: FormInput, words: string): MailFilter => ({
  read: readOf(textOf(input, 'read')),
  sender: textOf(input, 'sender'),
  type: textOf(input, 'type').slice(0, 64),
  registered: textOf(input, 'registered') !== '',
  hidden: textOf(input, 'hidden') !== '',
  from: typedDay(input, 'from'),
  to: typedDay(input, 'to'),
  words,
});

/** Each field that is wrong. */
export const problemsOf = ({ sender, from, to, words }: MailFilter): FilterProblems => ({
  ...(sender !== '' && !parseEnterpriseNumber(sender).ok ? { sender: 'noSender' } : {}),
  ...(from !== '' && !parseIsoDay(from) ? { from: 'noDay' } : {}),
  ...toProblem(from, to),
  ...wordsProblem(words),
});

const toProblem = (from: string, to: string): FilterProblems => {
  if (to !== '' && !parseIsoDay(to)) return { to: 'noDay' };
  return parseIsoDay(from) && to !== '' && to < from ? { to: 'endsBeforeItBegins' } : {};
};

const wordsProblem = (words: string): FilterProblems => {
  if (words === '') return {};
  if (!/[\p{L}\p{N}]/u.test(words)) return { words: 'noWord' };
  return words.length > MAX_WORDS_LENGTH ? { words: 'tooLong' } : {};
};

/** As it stands in an address. */
export const filterQuery = (
  { read, sender, type, registered, hidden, from, to }: MailFilter,
  sealedWords: string,
): Query => ({
  read,
  sender,
  type,
  registered: registered ? 'yes' : '',
  hidden: hidden ? 'yes' : '',
  from,
  to,
  words: sealedWords,
});

export const isFiltered = ({ read, sender, type, registered, from, to, words }: MailFilter): boolean =>
  registered || [read, sender, type, from, to, words].some((text) => text !== '');

const READ_FILTERS = {
  '': ReadFilter.READ_FILTER_UNSPECIFIED,
  unread: ReadFilter.READ_FILTER_UNREAD,
  read: ReadFilter.READ_FILTER_READ,
} as const;

const PAGE_SIZE = 25;

/** @param filter without problems */
export const listRequest = (choice: MailboxChoice, filter: MailFilter, pageToken: string): ListMessagesRequest => ({
  mailbox: mailboxReferenceOf(choice),
  received: { startDate: dayOf(filter.from), endDate: dayOf(filter.to) },
  read: READ_FILTERS[filter.read],
  hidden: filter.hidden,
  messageType: filter.type,
  sender: filter.sender,
  registeredMailOnly: filter.registered,
  words: filter.words,
  pageSize: PAGE_SIZE,
  pageToken,
});

const dayOf = (text: string) => {
  const day = parseIsoDay(text);
  return day && datePartsOf(day);
};
