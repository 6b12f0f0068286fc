import { fields } from '@crossroads/grpc';

const MAX_DOCUMENT_BYTES = 100 * 1024 * 1024;
const SHA256_BYTES = 32;

/** RFC 6838, 4.2. */
const RESTRICTED_NAME = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}';
const MEDIA_TYPE = new RegExp(`^${RESTRICTED_NAME}/${RESTRICTED_NAME}$`);

export const mediaType = fields.field((raw: string, refuse): string => {
  if (raw === '') return refuse('REQUIRED', 'needed: a media type, for example application/pdf');
  if (raw.includes(';')) return refuse('MEDIA_TYPE_WITH_PARAMETERS', 'a media type without parameters: type/subtype');
  return MEDIA_TYPE.test(raw) ? raw : refuse('MALFORMED_MEDIA_TYPE', 'a media type is type/subtype, as in RFC 6838');
});

export const documentSize = fields.field((raw: bigint, refuse): number =>
  raw >= 1n && raw <= BigInt(MAX_DOCUMENT_BYTES)
    ? Number(raw)
    : refuse('INVALID_SIZE', `1 to ${MAX_DOCUMENT_BYTES} bytes (100 MiB)`),
);

/** In base64. */
export const documentSha256 = fields.field((raw: Uint8Array, refuse): string =>
  raw.length === SHA256_BYTES
    ? Buffer.from(raw).toString('base64')
    : refuse('INVALID_DIGEST', `a SHA-256 digest has ${SHA256_BYTES} bytes`),
);
