import type { Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { ConsentRepository } from './consent.repository.js';
import type { Language } from './mailbox.entity.js';
import { ownMailbox } from './own-mailbox.rules.js';

export interface RecipientMailbox {
  readonly consented: boolean;
  readonly exclusivelyEbox: boolean;
  readonly language: Language;
  readonly openedAt: Date;
}

interface Row extends RecipientMailbox {
  readonly n: number;
  readonly ownerId: string;
}

/** Locked in the order of the ids, so that two batches do not wait for each other. */
const LOCK = {
  name: 'lock-recipient-mailboxes',
  text: `select a.n, m.owner_id as "ownerId", m.consented, m.exclusively_ebox as "exclusivelyEbox", m.language,
                m.opened_at as "openedAt"
           from unnest($1::int[], $2::uuid[]) a (n, owner_id) join mailboxes m on m.owner_id = a.owner_id
          order by m.owner_id for share of m`,
};

/** Mailboxes as publishing sees them. */
@Injectable()
export class RecipientMailboxes {
  constructor(private readonly consents: ConsentRepository) {}

  /**
   * For each owner (all ids of a person, the current one first) its mailbox, or `undefined` where none was opened. Rows are locked until
   * the transaction ends: a withdrawal that was answered before is seen, one that comes during it waits.
   */
  async lock(tx: Tx, owners: readonly (readonly string[])[]): Promise<(RecipientMailbox | undefined)[]> {
    const asked = owners.flatMap((ids, n) => ids.map((id) => ({ n, id })));
    const rows = await tx.query<Row>(LOCK, [asked.map(({ n }) => n), asked.map(({ id }) => id)]);
    const opened = Map.groupBy(rows, ({ n }) => n);
    // Consents of several rows are read after all are locked; a person with one row, which is nearly everybody, needs no more.
    const several = owners.map((ids, n) => ((opened.get(n)?.length ?? 0) > 1 ? ids : []));
    const channels = several.some(({ length }) => length > 0) ? await this.consents.channelsOf(tx, several) : [];
    return owners.map((ids, n) => {
      const row = ownMailbox(ids, opened.get(n) ?? []);
      if (!row) return undefined;
      const consented = several[n]?.length ? (channels[n]?.size ?? 0) > 0 : row.consented;
      const { exclusivelyEbox, language, openedAt } = row;
      return { consented, exclusivelyEbox, language, openedAt };
    });
  }
}
