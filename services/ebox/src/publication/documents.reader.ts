import { fields } from '@crossroads/grpc';
import { z } from 'zod';
import { documentSha256, documentSize, mediaType } from '../document/document.reader.js';
import type { DocumentContent } from '../message/message-content.js';
import { fileName, ownId } from './printable-text.reader.js';

const MAX_DOCUMENTS = 6;
const MAX_DOCUMENT_ID = 128;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const document = fields
  .message({
    documentId: ownId({ max: MAX_DOCUMENT_ID }),
    name: fileName,
    mediaType,
    size: documentSize,
    sha256: documentSha256,
    uploaded: z.boolean(),
  })
  .transform(({ documentId: id, uploaded, ...rest }, context): DocumentContent => {
    if (uploaded && !UUID.test(id))
      fields.refuseAt(context, ['documentId'], 'UNKNOWN_UPLOAD', 'the id that UploadDocument has answered');
    return { id, ...rest, ...(uploaded ? { uploaded } : {}) };
  });

/** 1 to 6, each id once. */
export const documents = fields
  .field((raw: readonly z.input<typeof document>[], refuse): z.input<typeof document>[] => {
    if (raw.length === 0) return refuse('REQUIRED', 'needed: the main content, as the first document');
    if (raw.length > MAX_DOCUMENTS) return refuse('TOO_MANY', `a message has at most ${MAX_DOCUMENTS} documents`);
    return [...raw];
  })
  .pipe(z.array(document))
  .transform((all, context): readonly DocumentContent[] => {
    for (const [index, { id }] of all.entries())
      if (all.findIndex((other) => other.id === id) < index)
        fields.refuseAt(context, [index, 'documentId'], 'DUPLICATE', 'each document of a message has an id of its own');
    return all;
  });
