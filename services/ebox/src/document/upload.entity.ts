import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * `arriving`: its content may be in the store in part; `stored`: whole, and no message names it; `named`: a message does, so that it
 * stays; `leaving`: its content is being removed.
 */
export type UploadState = 'arriving' | 'stored' | 'named' | 'leaving';

/** A document of a sender without a store of their own; its content is in the document store. */
@Entity('uploads')
export class UploadEntity {
  @PrimaryColumn('uuid', { name: 'document_id' })
  readonly documentId!: string;

  /** Enterprise number; `service:ebox` for the mesh itself. */
  @Column('text')
  readonly provider!: string;

  @Column('text')
  readonly sender!: string;

  @Column('text', { name: 'media_type' })
  readonly mediaType!: string;

  @Column('bigint')
  readonly size!: bigint;

  @Column('bytea')
  readonly sha256!: Buffer;

  @Column('timestamptz', { name: 'uploaded_at' })
  readonly uploadedAt!: Date;

  @Column('text')
  readonly state!: UploadState;
}
