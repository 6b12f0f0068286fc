import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A line of the subscription table; how far its deliveries are is in `subscription_lanes`. */
@Entity('subscriptions')
export class SubscriptionEntity {
  @PrimaryColumn('uuid', { name: 'subscription_id' })
  readonly subscriptionId!: string;

  @Column('text')
  readonly institution!: string;

  @Column('text', { name: 'inscription_context' })
  readonly inscriptionContext!: string;

  @Column('text', { name: 'data_service' })
  readonly dataService!: string;

  @Column('text', { name: 'legal_context' })
  readonly legalContext!: string;

  @Column('boolean', { name: 'all_inscribed' })
  readonly allInscribed!: boolean;

  @Column('integer', { name: 'named_persons' })
  readonly namedPersons!: number;

  @Column('text')
  readonly state!: 'open' | 'paused' | 'closed';

  /** Partitions of its topic. */
  @Column('smallint', { name: 'lane_count' })
  readonly laneCount!: number;

  @Column('text')
  readonly content!: 'data' | 'notification';

  @Column('text', { name: 'field_groups', array: true })
  readonly fieldGroups!: readonly string[];

  @Column('text')
  readonly encoding!: 'protobuf' | 'json';

  @Column('timestamptz', { name: 'opened_at' })
  readonly openedAt!: Date;

  @Column('text', { name: 'closing_reason', nullable: true })
  readonly closingReason!: string | null;
}
