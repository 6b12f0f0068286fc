import { type Read, readText } from '@crossroads/grpc';

export const valid = <Value>(value: Value): Read<Value> => ({ ok: true, value });

export const invalid = (field: string, reason: string, description: string): Read<never> => ({
  ok: false,
  violations: [{ field, reason, description }],
});

export const missing = (field: string, what: string): Read<never> => invalid(field, 'REQUIRED', `needed: ${what}`);

/** The fields of a nested message, or every violation in them. */
export const readAll = <Fields extends object>(
  fields: {
    readonly [Name in keyof Fields]: Read<Fields[Name]>;
  },
): Read<Fields> => {
  const values: Partial<Fields> = {};
  const violations = [];
  for (const name in fields) {
    const read = fields[name];
    if (read.ok) values[name] = read.value;
    else violations.push(...read.violations);
  }
  return violations.length > 0 ? { ok: false, violations } : valid(values as Fields);
};

const ELEVEN_DIGITS = /(?<!\d)\d{11}(?!\d)/;

/** Text that is shown to everyone who may see the policy. It must not contain a person's number. */
export const readPublicText = (field: string, raw: string, max: number): Read<string> => {
  const text = readText(field, raw, { max });
  if (text.ok && ELEVEN_DIGITS.test(text.value))
    return invalid(field, 'LOOKS_LIKE_AN_SSIN', 'eleven digits in a row could be a person; leave them out');
  return text;
};

export const readMatching = (
  field: string,
  raw: string,
  pattern: RegExp,
  reason: string,
  what: string,
): Read<string> => {
  if (raw === '') return missing(field, what);
  return pattern.test(raw) ? valid(raw) : invalid(field, reason, what);
};

/** Rejects duplicates. */
export const distinct = <Value>(field: string, read: Read<Value[]>, keyOf: (value: Value) => string): Read<Value[]> => {
  if (!read.ok) return read;
  const keys = new Set<string>();
  for (const [index, value] of read.value.entries()) {
    if (keys.has(keyOf(value))) return invalid(`${field}[${index}]`, 'TWICE', 'each one at most once');
    keys.add(keyOf(value));
  }
  return read;
};

const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** 32 bytes are 43 characters; the last one encodes four bits. */
export const BASE64URL_32_BYTES = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

export const readApplicationName = (field: string, raw: string): Read<string> =>
  readMatching(
    field,
    raw,
    DNS_LABEL,
    'MALFORMED_NAME',
    'the CN of its certificate: lower case letters, digits and hyphens, at most 63',
  );

export const readSpkiHash = (field: string, raw: string): Read<string> =>
  readMatching(
    field,
    raw,
    BASE64URL_32_BYTES,
    'MALFORMED_SPKI_HASH',
    "base64url, unpadded, of the SHA-256 of the key's SubjectPublicKeyInfo",
  );

const DATA_SERVICE = /^(?=.{1,100}$)[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*\.v[1-9][0-9]{0,3}$/;
const FIELD_GROUP = /^[a-z][A-Za-z0-9_-]{0,62}$/;

export const readDataServiceName = (field: string, raw: string): Read<string> =>
  readMatching(
    field,
    raw,
    DATA_SERVICE,
    'MALFORMED_DATA_SERVICE',
    'a name with major version, for example employment.wages.v1',
  );

export const readFieldGroupName = (field: string, raw: string): Read<string> =>
  readMatching(
    field,
    raw,
    FIELD_GROUP,
    'MALFORMED_FIELD_GROUP',
    'letters, digits, _ and -, the first one lower case, at most 63 characters',
  );
