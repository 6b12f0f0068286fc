import type { UploadDocumentRequest } from '@crossroads/contracts/ebox/v1/publication_service';
import type { Tx } from '@crossroads/database';
import type { DocumentContent } from '../message/message-content.js';
import { Injectable } from '@nestjs/common';

/** Documents of senders that have no store of their own. */
@Injectable()
export class Uploads {
  /** Takes the stream of an upload. @returns the id of the document @throws InvalidInput naming every field that is wrong */
  async take(_parts: AsyncIterable<UploadDocumentRequest>, _provider: string): Promise<string> {
    throw new Error('not written yet');
  }

  /** Keeps a document that the mesh itself has made. @returns the id of the document */
  async keep(_content: Uint8Array, _about: { readonly sender: string; readonly mediaType: string }): Promise<string> {
    throw new Error('not written yet');
  }

  /**
   * Of documents that messages name as uploaded: which of them are those of this provider and sender, with this length, digest and media
   * type. They are kept from then on.
   */
  async name(
    _tx: Tx,
    _documents: readonly (DocumentContent & { readonly provider: string; readonly sender: string })[],
  ): Promise<boolean[]> {
    throw new Error('not written yet');
  }
}
