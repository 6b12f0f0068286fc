import {
  type Consent,
  type Delegate,
  Language as LanguageMessage,
  type Mailbox,
} from '@crossroads/contracts/ebox/v1/mailbox_service';
import { datePartsOf, type IsoDay, toWire } from '@crossroads/identifiers';
import type { ConsentEntity } from './consent.entity.js';
import type { DelegationEntity } from './delegation.entity.js';
import type { Language, MailboxEntity } from './mailbox.entity.js';
import type { Reader } from './readers.js';

const LANGUAGES: Readonly<Record<Language, LanguageMessage>> = {
  nl: LanguageMessage.LANGUAGE_NL,
  fr: LanguageMessage.LANGUAGE_FR,
  de: LanguageMessage.LANGUAGE_DE,
  en: LanguageMessage.LANGUAGE_EN,
};

/** What is shown of a mailbox beside its row. */
export interface ShownWith {
  readonly consented: boolean;
  readonly unreadMessages: number;
  /** Opened; empty: none. */
  readonly notificationAddress: string;
  /** Opened; of a delegate. */
  readonly label: string;
}

/** Preferences are for those who may change them: an address is not for everybody who reads. */
export const mailboxMessage = (
  { reader, enterpriseNumber, mayManage }: Reader,
  row: MailboxEntity | undefined,
  { consented, unreadMessages, notificationAddress, label }: ShownWith,
): Mailbox => ({
  mailboxId: row?.mailboxId ?? '',
  reader,
  enterpriseNumber: row?.enterpriseNumber ?? enterpriseNumber,
  delegationLabel: label,
  consented,
  preferences:
    row && mayManage
      ? { language: LANGUAGES[row.language], exclusivelyEbox: row.exclusivelyEbox, notificationAddress }
      : undefined,
  openTime: row?.openedAt,
  unreadMessages,
});

export const consentMessage = ({ channel, given, at, frontEnd }: ConsentEntity): Consent => ({
  channel,
  given,
  time: at,
  frontEnd,
});

/** @param label opened */
export const delegateMessage = (
  { delegationId, startsOn, endsBefore, addedAt, removedAt }: DelegationEntity,
  label: string,
): Delegate => {
  const { startDate, endDate } = toWire({ start: startsOn, ...(endsBefore === null ? {} : { end: endsBefore }) });
  return {
    delegationId,
    label,
    period: { startDate: partsOf(startDate), endDate: partsOf(endDate) },
    addTime: addedAt,
    removeTime: removedAt ?? undefined,
  };
};

const partsOf = (day: IsoDay | undefined) => (day === undefined ? undefined : datePartsOf(day));
