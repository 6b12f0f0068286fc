import type { Mailbox } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { formatEnterpriseNumber } from '../text/format.js';
import { printable } from './message.rules.js';
import { choiceOf, type MailboxChoice } from './mailbox-choice.rules.js';

export interface MailboxLine {
  readonly choice: MailboxChoice;
  readonly kind: 'own' | 'delegated' | 'enterprise';
  readonly label: string;
  readonly unread: number;
  readonly isShown: boolean;
}

export const mailboxLines = (mailboxes: readonly Mailbox[], shown: Mailbox | undefined): readonly MailboxLine[] =>
  mailboxes.map((mailbox, index) => ({
    choice: choiceOf(mailbox, index),
    kind: kindOf(mailbox, index),
    label: mailbox.enterpriseNumber
      ? formatEnterpriseNumber(mailbox.enterpriseNumber)
      : printable(mailbox.delegationLabel),
    unread: mailbox.unreadMessages,
    isShown: mailbox === shown,
  }));

const kindOf = ({ enterpriseNumber }: Mailbox, index: number): MailboxLine['kind'] => {
  if (index === 0) return 'own';
  return enterpriseNumber === '' ? 'delegated' : 'enterprise';
};

const DONE = ['unread', 'read', 'hidden', 'shown', 'consent'] as const;
export type Done = (typeof DONE)[number];

/** What a form has just done, as the address says it. */
export const doneOf = (text: string): Done | undefined => DONE.find((one) => one === text);
