import { type Read, readText } from '@crossroads/grpc';

export const good = <Value>(value: Value): Read<Value> => ({ ok: true, value });

export const bad = (field: string, reason: string, description: string): Read<never> => ({
  ok: false,
  violations: [{ field, reason, description }],
});

export const missing = (field: string, what: string): Read<never> => bad(field, 'REQUIRED', `needed: ${what}`);

/** Several fields of one message: all that is wrong with them, or the message. */
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
  return violations.length > 0 ? { ok: false, violations } : good(values as Fields);
};

const ELEVEN_DIGITS = /(?<!\d)\d{11}(?!\d)/;

/** Text that everybody who may see the policy reads: no place for a person's number. */
export const readPublicText = (field: string, raw: string, max: number): Read<string> => {
  const text = readText(field, raw, { max });
  if (text.ok && ELEVEN_DIGITS.test(text.value))
    return bad(field, 'LOOKS_LIKE_AN_SSIN', 'eleven digits in a row could be a person; leave them out');
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
  return pattern.test(raw) ? good(raw) : bad(field, reason, what);
};

/** Refuses what is there twice. */
export const distinct = <Value>(field: string, read: Read<Value[]>, keyOf: (value: Value) => string): Read<Value[]> => {
  if (!read.ok) return read;
  const keys = new Set<string>();
  for (const [index, value] of read.value.entries()) {
    if (keys.has(keyOf(value))) return bad(`${field}[${index}]`, 'TWICE', 'each one at most once');
    keys.add(keyOf(value));
  }
  return read;
};
