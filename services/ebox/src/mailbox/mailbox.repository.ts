import type { Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import { MailboxEntity } from './mailbox.entity.js';

@Injectable()
export class MailboxRepository {
  constructor(@InjectRepository(MailboxEntity) private readonly mailboxes: Repository<MailboxEntity>) {}

  /** Those of these owners that were opened. */
  ofOwners(ownerIds: readonly string[]): Promise<MailboxEntity[]> {
    return this.mailboxes.findBy({ ownerId: In([...new Set(ownerIds)]) });
  }

  async insert(tx: Tx, row: MailboxEntity): Promise<void> {
    await this.in(tx).insert(row);
  }

  /** Waits for whoever is publishing to the mailbox; see `RecipientMailboxes`. */
  async update(tx: Tx, ownerId: string, changes: Partial<MailboxEntity>): Promise<void> {
    await this.in(tx).update({ ownerId }, changes);
  }

  private in(tx: Tx): Repository<MailboxEntity> {
    return tx.manager.withRepository(this.mailboxes);
  }
}
