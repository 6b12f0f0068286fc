import { types } from 'node:util';

/** Replaces personal or secret values. */
export const REDACTED = '[redacted]';

const PERSONAL_KEYS = new Set([
  'ssin',
  'ssins',
  'niss',
  'insz',
  'nationalnumber',
  'nationalregisternumber',
  'name',
  'names',
  'firstname',
  'firstnames',
  'givenname',
  'givennames',
  'familyname',
  'lastname',
  'surname',
  'fullname',
  'birthdate',
  'dateofbirth',
  'birthday',
  'birthplace',
  'placeofbirth',
  'deathdate',
  'dateofdeath',
  'address',
  'street',
  'authorization',
  'cookie',
  'token',
  'jwt',
  'password',
  'secret',
  'privatekey',
  'blindindex',
]);

// A UUID is matched first and left alone, as its digits may look like an SSIN. Then tokens, then eleven digits in the ways an SSIN is
// written (85073003328, 85.07.30-033.28, 85 07 30 033 28). The check number is not verified: a mistyped SSIN is personal as well.
const SUSPECTS = new RegExp(
  [
    String.raw`(?<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)`,
    String.raw`\b(?:Bearer|Basic)\s+[\w.~+/=-]+`,
    String.raw`\beyJ[\w-]+\.[\w-]+\.[\w-]*`,
    String.raw`(?<!\d)\d{2}[.\-/ ]?\d{2}[.\-/ ]?\d{2}[.\-/ ]{0,3}\d{3}[.\-/ ]?\d{2}(?!\d)`,
  ].join('|'),
  'gi',
);

const MAX_DEPTH = 12;

/** Replaces numbers that could be SSINs, and bearer tokens. */
export const redactText = (text: string): string =>
  text.replace(SUSPECTS, (_match, uuid: string | undefined) => uuid ?? REDACTED);

/**
 * A copy that may be logged. In objects, arrays, maps, sets and errors, values of personal keys and texts that could hold an SSIN are
 * replaced, and of bytes only the length remains. Never throws.
 */
export const redact = (value: unknown): unknown => walk(value, new Set(), MAX_DEPTH);

/** Whether the value of this key is always replaced; `birth_date`, `Birth-Date` and `birthDate` are the same key. */
export const isPersonalKey = (key: string): boolean => PERSONAL_KEYS.has(key.toLowerCase().replaceAll(/[^a-z]/g, ''));

const walk = (value: unknown, above: Set<object>, depth: number): unknown => {
  switch (typeof value) {
    case 'string':
      return redactText(value);
    case 'number':
    case 'bigint':
      return /^\d{10,11}$/.test(String(value)) ? REDACTED : typeof value === 'bigint' ? value.toString() : value;
    case 'object':
      return value === null ? null : copyOf(value, above, depth);
    case 'function':
    case 'symbol':
      return `[${typeof value}]`;
    case 'boolean':
    case 'undefined':
      return value;
  }
};

const copyOf = (value: object, above: Set<object>, depth: number): unknown => {
  if (above.has(value)) return '[circular]';
  if (depth === 0) return '[too deep]';
  above.add(value);
  try {
    return copy(value, (inner) => walk(inner, above, depth - 1));
  } catch {
    return '[unreadable]';
  } finally {
    above.delete(value);
  }
};

const copy = (value: object, inner: (value: unknown) => unknown): unknown => {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[invalid date]' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map(inner);
  if (value instanceof Set) return [...value].map(inner);
  if (value instanceof Map)
    return fields(
      [...value].map(([key, held]) => [String(key), held]),
      inner,
    );
  if (value instanceof Error || types.isNativeError(value)) {
    const { name: type, message, stack, cause, ...own } = value;
    const shown = { type: type ?? 'Error', message, stack, ...(cause === undefined ? {} : { cause }), ...own };
    return fields(Object.entries(shown), inner);
  }
  return fields(Object.entries(value), inner);
};

const fields = (entries: readonly (readonly [string, unknown])[], inner: (value: unknown) => unknown): unknown =>
  Object.fromEntries(
    entries.map(([key, held]) => [redactText(key), isPersonalKey(key) && held !== undefined ? REDACTED : inner(held)]),
  );
