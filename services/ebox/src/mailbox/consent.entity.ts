import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** One step of the history of a mailbox: a consent, or its withdrawal. */
@Entity('consents')
export class ConsentEntity {
  /** Gives the order of the steps, also of those of several owners who are one person. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  readonly position!: bigint;

  @Column('uuid', { name: 'owner_id' })
  readonly ownerId!: string;

  @Column('text')
  readonly channel!: string;

  /** False: withdrawn. */
  @Column('boolean')
  readonly given!: boolean;

  @Column('timestamptz')
  readonly at!: Date;

  /** Enterprise number. */
  @Column('text', { name: 'front_end' })
  readonly frontEnd!: string;
}
