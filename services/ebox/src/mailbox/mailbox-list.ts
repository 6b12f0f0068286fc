import type { Delegate, Mailbox } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { Database } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { ConsentRepository } from './consent.repository.js';
import type { DelegationEntity } from './delegation.entity.js';
import { DelegationRepository } from './delegation.repository.js';
import type { MailboxEntity } from './mailbox.entity.js';
import { delegateMessage, mailboxMessage } from './mailbox.message.js';
import { MailboxRepository } from './mailbox.repository.js';
import { ownMailbox } from './own-mailbox.rules.js';
import type { Reader } from './readers.js';
import { labelPlace, NOTIFICATION_ADDRESS, SealedTexts } from './sealed-texts.js';
import { UnreadMessages } from './unread-messages.js';

/** Mailboxes and their delegates as their readers see them. */
@Injectable()
export class MailboxList {
  constructor(
    private readonly db: Database,
    private readonly mailboxes: MailboxRepository,
    private readonly consents: ConsentRepository,
    private readonly delegations: DelegationRepository,
    private readonly unread: UnreadMessages,
    private readonly texts: SealedTexts,
  ) {}

  /** In the order of the readers. */
  async of(readers: readonly Reader[]): Promise<Mailbox[]> {
    const owners = readers.map(({ ownerIds }) => ownerIds);
    const rows = await this.mailboxes.ofOwners(owners.flat());
    const shown = owners.map((ids) => ownMailbox(ids, rows));
    const channels = await this.consents.channelsOf(this.db, owners);
    const unread = await this.unread.count(owners);
    const addresses = await this.addressesOf(shown.filter((_, index) => readers[index]?.mayManage));
    const labels = await this.labelsOf(
      await this.delegations.byIds(readers.flatMap(({ delegationId }) => delegationId || [])),
    );
    return readers.map((reader, index) =>
      mailboxMessage(reader, shown[index], {
        consented: (channels[index]?.size ?? 0) > 0,
        unreadMessages: unread[index] ?? 0,
        notificationAddress: addresses.get(shown[index]?.ownerId ?? '') ?? '',
        label: labels.get(reader.delegationId) ?? '',
      }),
    );
  }

  /** Also those that ended. */
  async delegatesOf({ ownerIds }: Reader): Promise<Delegate[]> {
    const rows = await this.delegations.ofOwner(ownerIds);
    const labels = await this.labelsOf(rows);
    return rows.map((row) => delegateMessage(row, labels.get(row.delegationId) ?? ''));
  }

  private async labelsOf(rows: readonly DelegationEntity[]): Promise<Map<string, string>> {
    const labels = await this.texts.openAll(
      rows.map(({ ownerId, delegationId, label }) => ({
        personId: ownerId,
        sealed: label,
        aad: labelPlace(delegationId),
      })),
    );
    return new Map(rows.map(({ delegationId }, index) => [delegationId, labels[index] ?? '']));
  }

  private async addressesOf(rows: readonly (MailboxEntity | undefined)[]): Promise<Map<string, string>> {
    const sealed = rows.flatMap((row) =>
      row?.notificationAddress
        ? { personId: row.ownerId, sealed: row.notificationAddress, aad: NOTIFICATION_ADDRESS }
        : [],
    );
    const addresses = await this.texts.openAll(sealed);
    return new Map(sealed.map(({ personId }, index) => [personId, addresses[index] ?? '']));
  }
}
