import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A line of somebody's list: where its access is in the log. */
@Entity('accesses')
export class AccessEntity {
  @PrimaryColumn('uuid', { name: 'journal_id' })
  readonly journalId!: string;

  @Column('uuid', { name: 'person_id' })
  readonly personId!: string;

  @Column('timestamptz')
  readonly at!: Date;

  @Column('boolean', { name: 'own_look' })
  readonly ownLook!: boolean;
}
