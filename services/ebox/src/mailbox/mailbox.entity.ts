import { Column, Entity, PrimaryColumn } from 'typeorm';

export type Language = 'nl' | 'fr' | 'de' | 'en';

/** A mailbox that was opened. */
@Entity('mailboxes')
export class MailboxEntity {
  /** A `personId`, or the id of an enterprise. */
  @PrimaryColumn('uuid', { name: 'owner_id' })
  readonly ownerId!: string;

  @Column('uuid', { name: 'mailbox_id' })
  readonly mailboxId!: string;

  /** Null for a person. */
  @Column('text', { name: 'enterprise_number', nullable: true })
  readonly enterpriseNumber!: string | null;

  @Column('timestamptz', { name: 'opened_at' })
  readonly openedAt!: Date;

  /** Whether one of the channels of this row has consent; see `ConsentRepository.channelsOf` for a person with several rows. */
  @Column('boolean')
  readonly consented!: boolean;

  @Column('text')
  readonly language!: Language;

  @Column('boolean', { name: 'exclusively_ebox' })
  readonly exclusivelyEbox!: boolean;

  /** Sealed for the owner; null: none. */
  @Column('text', { name: 'notification_address', nullable: true })
  readonly notificationAddress!: string | null;
}
