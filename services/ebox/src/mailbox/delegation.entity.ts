import type { IsoDay } from '@crossroads/identifiers';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Another person whom an owner lets read, over a period. */
@Entity('delegations')
export class DelegationEntity {
  @PrimaryColumn('uuid', { name: 'delegation_id' })
  readonly delegationId!: string;

  @Column('uuid', { name: 'owner_id' })
  readonly ownerId!: string;

  /** The `personId` that the delegate had when they were added. */
  @Column('uuid', { name: 'delegate_id' })
  readonly delegateId!: string;

  /** Sealed for the owner. */
  @Column('text')
  readonly label!: string;

  @Column('date', { name: 'starts_on' })
  readonly startsOn!: IsoDay;

  /** The first day on which it no longer holds; null: without end. */
  @Column('date', { name: 'ends_before', nullable: true })
  readonly endsBefore!: IsoDay | null;

  @Column('timestamptz', { name: 'added_at' })
  readonly addedAt!: Date;

  @Column('timestamptz', { name: 'removed_at', nullable: true })
  readonly removedAt!: Date | null;
}
