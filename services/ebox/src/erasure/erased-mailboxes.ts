import type { Tx } from '@crossroads/database';
import { ErasesPersons, type PersonRows } from '@crossroads/service';

/**
 * Removes the mailbox of an erased person: messages, consents, delegations to and from. Of the events of providers number, kind and time
 * stay, without sender and id of the message, so that each provider's sequence has no gap.
 */
@ErasesPersons()
export class ErasedMailboxes implements PersonRows {
  async erase(personIds: readonly string[], tx: Tx): Promise<void> {
    for (const statement of STATEMENTS) await tx.query(statement, [personIds]);
  }
}

const STATEMENTS = [
  'delete from messages where owner_id = any($1::uuid[])',
  'delete from delegations where owner_id = any($1::uuid[]) or delegate_id = any($1::uuid[])',
  'delete from consents where owner_id = any($1::uuid[])',
  'delete from mailboxes where owner_id = any($1::uuid[])',
];
