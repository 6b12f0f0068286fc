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
  async lock(_tx: Tx, _owners: readonly (readonly string[])[]): Promise<(RecipientMailbox | undefined)[]> {
    throw new Error('not written yet');
  }
}
