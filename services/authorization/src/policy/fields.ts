import { fields } from '@crossroads/grpc';
import type { z } from 'zod';

// Fields that several requests of this service have.

const ELEVEN_DIGITS = /(?<!\d)\d{11}(?!\d)/;

/** Text that is shown to everyone who may see the policy. It must not contain a person's number. */
export const publicText = (max: number) =>
  fields
    .text({ max })
    .transform((text, context) =>
      ELEVEN_DIGITS.test(text)
        ? fields.refuseAt(context, [], 'LOOKS_LIKE_AN_SSIN', 'eleven digits in a row could be a person; leave them out')
        : text,
    );

export const matching = (pattern: RegExp, reason: string, what: string) =>
  fields.field((raw: string, refuse): string => {
    if (raw === '') return refuse('REQUIRED', `needed: ${what}`);
    return pattern.test(raw) ? raw : refuse(reason, what);
  });

/** A repeated field without duplicates. */
export const distinctList = <Element extends z.ZodType>(
  element: Element,
  size: { readonly min?: number; readonly max: number },
  keyOf: (value: z.output<Element>) => string = String,
) =>
  fields.list(element, size).transform((values, context) => {
    const keys = new Set<string>();
    for (const [index, value] of values.entries()) {
      if (keys.has(keyOf(value))) return fields.refuseAt(context, [index], 'TWICE', 'each one at most once');
      keys.add(keyOf(value));
    }
    return values;
  });

const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** 32 bytes are 43 characters; the last one encodes four bits. */
export const BASE64URL_32_BYTES = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

export const applicationName = matching(
  DNS_LABEL,
  'MALFORMED_NAME',
  'the CN of its certificate: lower case letters, digits and hyphens, at most 63',
);

export const spkiHash = matching(
  BASE64URL_32_BYTES,
  'MALFORMED_SPKI_HASH',
  "base64url, unpadded, of the SHA-256 of the key's SubjectPublicKeyInfo",
);

export const hostAndPort = matching(/^[^\s:/]{1,253}:\d{1,5}$/, 'MALFORMED_ADDRESS', 'host:port');

/** How long somebody outside the mesh is waited for; 0 leaves it to who waits. */
export const deadlineMs = (usual: string) =>
  fields.field((raw: number, refuse): number =>
    raw >= 0 && raw <= MAX_DEADLINE_MS ? raw : refuse('INVALID_DEADLINE', `0 (${usual}) to ${MAX_DEADLINE_MS} ms`),
  );

const MAX_DEADLINE_MS = 60_000;

const DATA_SERVICE = /^(?=.{1,100}$)[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*\.v[1-9][0-9]{0,3}$/;
const FIELD_GROUP = /^[a-z][A-Za-z0-9_-]{0,62}$/;

export const dataServiceName = matching(
  DATA_SERVICE,
  'MALFORMED_DATA_SERVICE',
  'a name with major version, for example employment.wages.v1',
);

export const fieldGroupName = matching(
  FIELD_GROUP,
  'MALFORMED_FIELD_GROUP',
  'letters, digits, _ and -, the first one lower case, at most 63 characters',
);
