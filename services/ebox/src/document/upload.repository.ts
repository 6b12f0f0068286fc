import type { Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, LessThan, Repository } from 'typeorm';
import type { DocumentContent } from '../message/message-content.js';
import { UploadEntity } from './upload.entity.js';

export type NamedDocument = DocumentContent & {
  readonly provider: string;
  readonly sender: string;
  /** Of the message that names it. */
  readonly ownerId: string;
};

@Injectable()
export class UploadRepository {
  constructor(@InjectRepository(UploadEntity) private readonly uploads: Repository<UploadEntity>) {}

  async add(upload: UploadEntity): Promise<void> {
    await this.uploads.insert(upload);
  }

  /** Whether it was still arriving. */
  async markStored(documentId: string): Promise<boolean> {
    const { affected } = await this.uploads.update({ documentId, state: 'arriving' }, { state: 'stored' });
    return affected === 1;
  }

  /** Keeps those that are as the messages say, and returns their ids. One statement for a whole batch of messages. */
  async name(tx: Tx, documents: readonly NamedDocument[]): Promise<ReadonlySet<string>> {
    const rows = await tx.query<{ readonly id: string }>(
      `update uploads set state = 'named'
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
           as said (document_id, provider, sender, media_type, size, sha256)
        where uploads.document_id = said.document_id and uploads.state in ('stored', 'named')
          and uploads.provider = said.provider and uploads.sender = said.sender and uploads.media_type = said.media_type
          and uploads.size = said.size and uploads.sha256 = decode(said.sha256, 'base64')
       returning uploads.document_id as id`,
      [
        documents.map(({ id }) => id),
        documents.map(({ provider }) => provider),
        documents.map(({ sender }) => sender),
        documents.map(({ mediaType }) => mediaType),
        documents.map(({ size }) => size),
        documents.map(({ sha256 }) => sha256),
      ],
    );
    const named = new Set(rows.map(({ id }) => id));
    const owned = documents.filter(({ id }) => named.has(id));
    await tx.query(
      `insert into upload_owners (owner_id, document_id) select * from unnest($1::uuid[], $2::uuid[])
       on conflict do nothing`,
      [owned.map(({ ownerId }) => ownerId), owned.map(({ id }) => id)],
    );
    return named;
  }

  /** Its content will be removed. */
  async leave(documentId: string): Promise<void> {
    await this.uploads.update({ documentId, state: 'arriving' }, { state: 'leaving' });
  }

  /** Those that came before an instant and that no message names: from now on no message can. */
  async leaveBefore(until: Date): Promise<void> {
    await this.uploads.update({ state: In(['arriving', 'stored']), uploadedAt: LessThan(until) }, { state: 'leaving' });
  }

  async leaving(limit: number): Promise<string[]> {
    const rows = await this.uploads.find({ select: { documentId: true }, where: { state: 'leaving' }, take: limit });
    return rows.map(({ documentId }) => documentId);
  }

  async delete(documentId: string): Promise<void> {
    await this.uploads.delete({ documentId, state: 'leaving' });
  }
}
