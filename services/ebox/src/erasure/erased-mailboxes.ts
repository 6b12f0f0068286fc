import type { Tx } from '@crossroads/database';
import { ErasesPersons, type PersonRows } from '@crossroads/service';

/**
 * Removes the mailbox of an erased person: messages, consents, delegations to and from, and uploads that no message of somebody else
 * names; their content follows (`UnnamedUploadsJob`). Of the events of providers number, kind and time
 * stay, without sender and id of the message, so that each provider's sequence has no gap.
 */
@ErasesPersons()
export class ErasedMailboxes implements PersonRows {
  async erase(personIds: readonly string[], tx: Tx): Promise<void> {
    for (const statement of STATEMENTS) await tx.query(statement, [personIds]);
  }
}

// Uploads are locked in one statement and judged in the next: a message that names one meanwhile is seen then.
const STATEMENTS = [
  `select from uploads where document_id in (select document_id from upload_owners where owner_id = any($1::uuid[]))
    order by document_id for update`,
  `with gone as (delete from upload_owners where owner_id = any($1::uuid[]) returning document_id)
   update uploads u set state = 'leaving' from gone where u.document_id = gone.document_id and not exists
     (select from upload_owners o where o.document_id = u.document_id and o.owner_id <> all($1::uuid[]))`,
  'delete from messages where owner_id = any($1::uuid[])',
  'delete from delegations where owner_id = any($1::uuid[]) or delegate_id = any($1::uuid[])',
  'delete from consents where owner_id = any($1::uuid[])',
  'delete from mailboxes where owner_id = any($1::uuid[])',
];
