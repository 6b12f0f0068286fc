import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An entry of a person's list, which refers to the stream of its access. */
@Entity('accesses')
export class AccessEntity {
  @PrimaryColumn('uuid', { name: 'journal_id' })
  readonly journalId!: string;

  @Column('uuid', { name: 'person_id' })
  readonly personId!: string;

  @Column('timestamptz')
  readonly at!: Date;

  @Column('boolean', { name: 'self_consultation' })
  readonly selfConsultation!: boolean;
}
