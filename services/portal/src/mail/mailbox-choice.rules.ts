import type { MailboxReference } from '@crossroads/contracts/ebox/v1/message';
import type { Mailbox } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { type FormInput, textOf } from '../page/form-input.rules.js';

/** Which mailbox is looked at, as it stands in addresses; both empty: one's own. An id says nothing about its owner. */
export interface MailboxChoice {
  readonly mailbox: string;
  /** Of an enterprise whose mailbox was not opened yet, which has no id. */
  readonly enterprise: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ENTERPRISE_NUMBER = /^[01]\d{9}$/;

export const isUuid = (text: string): boolean => UUID.test(text);

/** @returns nothing for what can be no mailbox */
export const mailboxChoiceOf = (input: FormInput): MailboxChoice | undefined => {
  const mailbox = textOf(input, 'mailbox');
  const enterprise = textOf(input, 'enterprise');
  if (mailbox !== '' && !isUuid(mailbox)) return undefined;
  if (enterprise !== '' && !ENTERPRISE_NUMBER.test(enterprise)) return undefined;
  return { mailbox, enterprise };
};

export const mailboxReferenceOf = ({ mailbox, enterprise }: MailboxChoice): MailboxReference | undefined => {
  if (mailbox !== '') return { by: { $case: 'mailboxId', value: mailbox } };
  return enterprise === '' ? undefined : { by: { $case: 'enterpriseNumber', value: enterprise } };
};

/** The choice that leads to a mailbox of the list; the first one is the person's own. */
export const choiceOf = ({ mailboxId, enterpriseNumber }: Mailbox, index: number): MailboxChoice => {
  if (index === 0) return { mailbox: '', enterprise: '' };
  return mailboxId === '' ? { mailbox: '', enterprise: enterpriseNumber } : { mailbox: mailboxId, enterprise: '' };
};

/** The mailbox of a choice among those that the person may read. */
export const chosenMailbox = (
  mailboxes: readonly Mailbox[],
  { mailbox, enterprise }: MailboxChoice,
): Mailbox | undefined => {
  if (mailbox !== '') return mailboxes.find(({ mailboxId }) => mailboxId.toLowerCase() === mailbox.toLowerCase());
  if (enterprise !== '') return mailboxes.find(({ enterpriseNumber }) => enterpriseNumber === enterprise);
  return mailboxes[0];
};
