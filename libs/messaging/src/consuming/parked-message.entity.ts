import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A message that could not be handled, or one with the same key behind it. */
@Entity('parked')
export class ParkedMessageEntity {
  /** Gives the order of parking. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  readonly position!: bigint;

  @Column('text')
  readonly topic!: string;

  @Column('text')
  readonly key!: string;

  @Column('text')
  readonly source!: string;

  @Column('text', { name: 'event_id' })
  readonly eventId!: string;

  /** Of the topic. */
  @Column('smallint', { nullable: true })
  readonly partition!: number | null;

  @Column('jsonb')
  readonly headers!: Record<string, string>;

  /** As received: sealed on internal topics. */
  @Column('bytea')
  readonly data!: Buffer;

  /** A reason code of the consumer, or `BEHIND_PARKED`. */
  @Column('text')
  readonly reason!: string;

  @Column('timestamptz', { name: 'parked_at', default: () => 'now()' })
  readonly parkedAt!: Date;

  /** How often a redrive has failed. */
  @Column('integer', { default: 0 })
  readonly attempts!: number;
}
