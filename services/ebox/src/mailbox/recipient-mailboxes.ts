import type { Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';

export interface RecipientMailbox {
  readonly consented: boolean;
  readonly exclusivelyEbox: boolean;
  readonly language: 'nl' | 'fr' | 'de' | 'en';
}

/** Mailboxes as publishing sees them. */
@Injectable()
export class RecipientMailboxes {
  /**
   * For each owner (all ids of a person, the current one first) its mailbox, or `undefined` where none was opened. Rows are locked until
   * the transaction ends: a withdrawal that was answered before is seen, one that comes during it waits.
   */
  async lock(tx: Tx, owners: readonly (readonly string[])[]): Promise<(RecipientMailbox | undefined)[]> {
    const rows = await tx.query<{
      readonly owner_id: string;
      readonly consented: boolean;
      readonly exclusively_ebox: boolean;
      readonly language: RecipientMailbox['language'];
    }>(
      `select owner_id, consented, exclusively_ebox, language from mailboxes where owner_id = any($1::uuid[])
       order by owner_id for share`,
      [[...new Set(owners.flat())]],
    );
    const mailboxes = new Map(rows.map((row) => [row.owner_id, row]));
    return owners.map((ids) => {
      const found = ids.flatMap((id) => mailboxes.get(id) ?? []);
      const [first] = found;
      if (!first) return undefined;
      const consented = found.some((one) => one.consented);
      return { consented, exclusivelyEbox: first.exclusively_ebox, language: first.language };
    });
  }
}
