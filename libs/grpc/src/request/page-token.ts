import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Json } from '@crossroads/eventsourcing';
import { InvalidInput } from '../errors/failures.js';

const VERSION = 1;
const HASH_BYTES = 8;
const MAC_BYTES = 16;
const HEAD_BYTES = 1 + HASH_BYTES;
const MAX_LENGTH = 4096;

const invalid = (reason: string, description: string) => new InvalidInput({ field: 'page_token', reason, description });

/** JSON that does not depend on the order of keys. */
const canonical = (value: Json | undefined): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`)
      .join()}}`;
  return JSON.stringify(value ?? null);
};

/**
 * Opaque positions in a list: base64url of HMAC, version, hash of the filters and JSON. Callers write them to their logs, so that they
 * hold nothing personal: of the filters, which may be an SSIN, only a keyed hash.
 */
export class PageTokens {
  /** @param key The same in all processes of a service. */
  constructor(private readonly key: Uint8Array) {}

  /** The token of the page after `position`. */
  encode(position: Json, filters: Json): string {
    const body = Buffer.concat([Buffer.of(VERSION), this.filterHash(filters), Buffer.from(JSON.stringify(position))]);
    return Buffer.concat([this.mac(body), body]).toString('base64url');
  }

  /**
   * The position at which a page begins; nothing for the first page. `read` checks the position, and gives undefined when it is invalid.
   * @throws InvalidInput when the token was changed or belongs to another list
   */
  decode<Position>(
    token: string,
    filters: Json,
    read: (position: unknown) => Position | undefined,
  ): Position | undefined {
    if (token === '') return undefined;
    const bytes = Buffer.from(token.slice(0, MAX_LENGTH), 'base64url');
    const mac = bytes.subarray(0, MAC_BYTES);
    const body = bytes.subarray(MAC_BYTES);
    if (body.length < HEAD_BYTES || body[0] !== VERSION || !timingSafeEqual(mac, this.mac(body)))
      throw invalid(
        'INVALID_PAGE_TOKEN',
        'not a page token of this list; pass next_page_token unchanged, or begin again without',
      );
    if (!body.subarray(1, HEAD_BYTES).equals(this.filterHash(filters)))
      throw invalid(
        'PAGE_TOKEN_OF_ANOTHER_LIST',
        'this page token belongs to other filters; keep the filters, or begin again without',
      );
    const position = read(JSON.parse(body.subarray(HEAD_BYTES).toString()));
    if (position === undefined)
      throw invalid('INVALID_PAGE_TOKEN', 'this page token is of an older version; begin again without');
    return position;
  }

  private mac(body: Uint8Array): Buffer {
    return createHmac('sha256', this.key).update(body).digest().subarray(0, MAC_BYTES);
  }

  private filterHash(filters: Json): Buffer {
    const keyed = createHmac('sha256', createHash('sha256').update(this.key).digest());
    return keyed.update(canonical(filters)).digest().subarray(0, HASH_BYTES);
  }
}
