import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Somebody who is signed in. Who, is in `sealed`, which only the cookie opens. */
@Entity('sessions')
export class SessionEntity {
  @PrimaryColumn('bytea')
  readonly id!: Buffer;

  @Column('bytea', { name: 'subject_hash' })
  readonly subjectHash!: Buffer;

  @Column('bytea', { name: 'sid_hash', nullable: true })
  readonly sidHash!: Buffer | null;

  @Column('bytea')
  readonly sealed!: Buffer;

  @Column('timestamptz', { name: 'used_at' })
  readonly usedAt!: Date;

  @Column('timestamptz', { name: 'ends_at' })
  readonly endsAt!: Date;
}
