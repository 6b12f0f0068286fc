import { fields } from '@crossroads/grpc';
import { z } from 'zod';
import type { DocumentContent } from '../message/message-content.js';
import { fileName, ownId } from './printable-text.reader.js';

const MAX_DOCUMENTS = 6;
const MAX_DOCUMENT_ID = 128;
const MAX_BYTES = 100n * 1024n * 1024n;
const SHA256_BYTES = 32;

/** RFC 6838, 4.2. */
const RESTRICTED_NAME = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}';
const MEDIA_TYPE = new RegExp(`^${RESTRICTED_NAME}/${RESTRICTED_NAME}$`);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const mediaType = fields.field((raw: string, refuse): string => {
  if (raw === '') return refuse('REQUIRED', 'needed: a media type, for example application/pdf');
  if (raw.includes(';')) return refuse('MEDIA_TYPE_WITH_PARAMETERS', 'a media type without parameters: type/subtype');
  return MEDIA_TYPE.test(raw) ? raw : refuse('MALFORMED_MEDIA_TYPE', 'a media type is type/subtype, as in RFC 6838');
});

const size = fields.field((raw: bigint, refuse): number =>
  raw >= 1n && raw <= MAX_BYTES ? Number(raw) : refuse('INVALID_SIZE', `1 to ${MAX_BYTES} bytes (100 MiB)`),
);

const sha256 = fields.field((raw: Uint8Array, refuse): string =>
  raw.length === SHA256_BYTES
    ? Buffer.from(raw).toString('base64')
    : refuse('INVALID_DIGEST', `a SHA-256 digest has ${SHA256_BYTES} bytes`),
);

const document = fields
  .message({
    documentId: ownId({ max: MAX_DOCUMENT_ID }),
    name: fileName,
    mediaType,
    size,
    sha256,
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
