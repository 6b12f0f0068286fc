import type { Tx } from '@crossroads/database';
import type { IsoDay } from '@crossroads/identifiers';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThanOrEqual, MoreThan, Repository } from 'typeorm';
import { DelegationEntity } from './delegation.entity.js';

/** Of one delegate. Whoever has more does not see the mailboxes of the newest. */
const MAX_OF_DELEGATE = 1_000;

@Injectable()
export class DelegationRepository {
  constructor(@InjectRepository(DelegationEntity) private readonly delegations: Repository<DelegationEntity>) {}

  /** In force on a day, for a person with these ids, in the order in which they were added. */
  inForceFor(delegateIds: readonly string[], day: IsoDay): Promise<DelegationEntity[]> {
    const holds = { delegateId: In([...delegateIds]), removedAt: IsNull(), startsOn: LessThanOrEqual(day) };
    return this.delegations.find({
      where: [
        { ...holds, endsBefore: IsNull() },
        { ...holds, endsBefore: MoreThan(day) },
      ],
      order: { addedAt: 'ASC', delegationId: 'ASC' },
      take: MAX_OF_DELEGATE,
    });
  }

  /** All that an owner with these ids has ever added, in that order. */
  ofOwner(ownerIds: readonly string[]): Promise<DelegationEntity[]> {
    return this.delegations.find({
      where: { ownerId: In([...ownerIds]) },
      order: { addedAt: 'ASC', delegationId: 'ASC' },
    });
  }

  byIds(delegationIds: readonly string[]): Promise<DelegationEntity[]> {
    return this.delegations.findBy({ delegationId: In([...delegationIds]) });
  }

  /** How many an owner with these ids has that were not removed and have not ended; they may begin later. */
  countOfOwner(ownerIds: readonly string[], day: IsoDay): Promise<number> {
    const added = { ownerId: In([...ownerIds]), removedAt: IsNull() };
    return this.delegations.countBy([
      { ...added, endsBefore: IsNull() },
      { ...added, endsBefore: MoreThan(day) },
    ]);
  }

  async insert(tx: Tx, row: DelegationEntity): Promise<void> {
    await this.in(tx).insert(row);
  }

  async remove(tx: Tx, delegationId: string, removedAt: Date): Promise<void> {
    await this.in(tx).update({ delegationId }, { removedAt });
  }

  private in(tx: Tx): Repository<DelegationEntity> {
    return tx.manager.withRepository(this.delegations);
  }
}
