import { Clock } from '@crossroads/configuration';
import type { Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { ConsentRepository } from './consent.repository.js';
import { DelegationRepository } from './delegation.repository.js';
import type { MailboxEvent, MailboxState } from './mailbox.decider.js';
import { MailboxRepository } from './mailbox.repository.js';

/** Writes the rows that follow from the events of a mailbox, in the transaction of the events. */
@Injectable()
export class MailboxRows {
  constructor(
    private readonly mailboxes: MailboxRepository,
    private readonly consents: ConsentRepository,
    private readonly delegations: DelegationRepository,
    private readonly clock: Clock,
  ) {}

  /** @param after the state of the stream after these events */
  async write(tx: Tx, ownerId: string, events: readonly MailboxEvent[], after: MailboxState): Promise<void> {
    for (const event of events) await this.writeOne(tx, ownerId, event, after);
  }

  private async writeOne(tx: Tx, ownerId: string, { type, data }: MailboxEvent, after: MailboxState): Promise<void> {
    const at = this.clock.now();
    switch (type) {
      case 'MailboxOpened': {
        const fresh = { consented: false, exclusivelyEbox: false, notificationAddress: null };
        return this.mailboxes.insert(tx, { ownerId, ...data, ...fresh, openedAt: at });
      }
      case 'ConsentGiven':
      case 'ConsentWithdrawn':
        await this.consents.insert(tx, { ownerId, ...data, given: type === 'ConsentGiven', at });
        return this.mailboxes.update(tx, ownerId, { consented: after.channels.size > 0 });
      case 'PreferencesChanged':
        return this.mailboxes.update(tx, ownerId, data);
      case 'DelegateAdded':
        return this.delegations.insert(tx, { ownerId, ...data, addedAt: at, removedAt: null });
      case 'DelegateRemoved':
        return this.delegations.remove(tx, data.delegationId, at);
    }
  }
}
