import { NotFoundException } from '@nestjs/common';
import type { FormInput } from '../page/form-input.rules.js';
import { type MailboxChoice, mailboxChoiceOf } from './mailbox-choice.rules.js';

/** @throws NotFoundException for what can be no mailbox */
export const requiredChoice = (input: FormInput): MailboxChoice => {
  const choice = mailboxChoiceOf(input);
  if (!choice) throw new NotFoundException();
  return choice;
};
