import type { Json } from '@crossroads/eventsourcing';
import {
  type FieldViolation,
  type Read,
  readIncompleteDate,
  readList,
  readOptional,
  readSsin,
  readText,
  type ValidationContext,
} from '@crossroads/grpc';
import { type DateParts, datePartsOf, type IncompleteDate, isAfterDay } from '@crossroads/identifiers';

export type JsonSchema = { readonly [keyword: string]: Json };

export interface FactContext extends ValidationContext {
  /** The number of the person whom the fact is about. */
  readonly ssin: string;
}

/** One field of a message of the contract: how it is read and written, and the JSON Schema of its value in an answer. */
export interface Field<Raw, Value> {
  /** `at` is the path of the field in the request. */
  read(at: string, raw: Raw, context: FactContext): Read<Value>;
  write(value: Value): Raw;
  readonly schema: JsonSchema;
  /** An absent value is undefined. */
  readonly optional?: true;
}

/** A field for each one of a message, by its name there. */
export type FieldsOf<Message> = { readonly [Name in keyof Message]: Field<Message[Name], unknown> };

type AnyFields = Readonly<Record<string, Field<unknown, unknown>>>;
type RawOf<F> = F extends { write(value: never): infer Raw } ? Raw : never;
type NameOf<Key, F> = F extends { readonly as: infer Name extends string } ? Name : Key;

/** What a field reads. */
export type ValueOf<F> = F extends { write(value: infer Value): unknown } ? Value : never;
type MessageOf<Fields> = { [Key in keyof Fields]: RawOf<Fields[Key]> };
type RequiredOf<Fields> = {
  readonly [Key in keyof Fields as undefined extends ValueOf<Fields[Key]> ? never : NameOf<Key, Fields[Key]>]: ValueOf<
    Fields[Key]
  >;
};
type OptionalOf<Fields> = {
  readonly [Key in keyof Fields as undefined extends ValueOf<Fields[Key]> ? NameOf<Key, Fields[Key]> : never]?: Exclude<
    ValueOf<Fields[Key]>,
    undefined
  >;
};
type Flat<Type> = { [Key in keyof Type]: Type[Key] };
type RecordOf<Fields> = Flat<RequiredOf<Fields> & OptionalOf<Fields>>;

const MAX_TEXT = 200;
const MAX_TEXTS = 20;

export const text: Field<string, string> = {
  read: (at, raw) => readText(at, raw, { max: MAX_TEXT }),
  write: (value) => value,
  schema: { type: 'string' },
};

export const texts: Field<readonly string[], readonly string[]> = {
  read: (at, raw, context) =>
    readList(at, raw, { min: 0, max: MAX_TEXTS }, (one, value) => text.read(one, value, context)),
  write: (value) => value,
  schema: { type: 'array', items: text.schema },
};

export const code = (pattern: RegExp, description: string): Field<string, string> => ({
  read: (at, raw) =>
    pattern.test(raw) ? { ok: true, value: raw } : violation(at, raw === '' ? 'REQUIRED' : 'INVALID_CODE', description),
  write: (value) => value,
  schema: { description, type: 'string', pattern: pattern.source },
});

export const oneOf = <const Value extends string | number>(
  values: readonly Value[],
  description: string,
): Field<Value extends string ? string : number, Value> => ({
  read: (at, raw) => {
    const value = values.find((one) => one === raw);
    return value === undefined ? violation(at, 'INVALID_CODE', description) : { ok: true, value };
  },
  write: (value) => value as Value extends string ? string : number,
  schema: { description, enum: values },
});

/** Of a birth or a death. */
export const pastDate: Field<DateParts | undefined, IncompleteDate> = {
  read: (at, raw, { today }) => {
    const date = readIncompleteDate(at, raw);
    return date.ok && isAfterDay(date.value, today)
      ? violation(at, 'DATE_IN_FUTURE', 'a birth or a death is not in the future')
      : date;
  },
  write: datePartsOf,
  schema: {
    description: 'Month and day are 00 when not known',
    type: 'string',
    pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
  },
};

/** The number of another person. */
export const relative: Field<string, string> = {
  read: (at, raw, context) =>
    raw === context.ssin
      ? violation(at, 'RELATED_TO_ITSELF', 'somebody else; nobody is related to themselves')
      : readSsin(at, raw, context),
  write: (value) => value,
  schema: { type: 'string', pattern: '^[0-9]{11}$' },
};

/** An empty text is absent, as in proto3. */
export const optional = <Value>(field: Field<string, Value>): Field<string, Value | undefined> => ({
  read: (at, raw, context) => readOptional(raw, (given) => field.read(at, given, context)),
  write: (value) => (value === undefined ? '' : field.write(value)),
  schema: field.schema,
  optional: true,
});

/** A message that counts as absent when it is empty. */
export const optionalRecord = <const Fields extends AnyFields>(
  fields: Fields,
): Field<MessageOf<Fields> | undefined, RecordOf<Fields> | undefined> => {
  const field = record(fields);
  return {
    read: (at, raw, context) => {
      if (raw === undefined) return { ok: true, value: undefined };
      const read = field.read(at, raw, context);
      return read.ok && Object.keys(read.value).length === 0 ? { ok: true, value: undefined } : read;
    },
    write: (value) => value && field.write(value),
    schema: field.schema,
    optional: true,
  };
};

/** Gives a field another name in the value than it has in the message. */
export const named = <const Name extends string, Raw, Value>(
  name: Name,
  field: Field<Raw, Value>,
): Field<Raw, Value> & { readonly as: Name } => ({ ...field, as: name });

/** A message, field by field. `needed` says what it must hold at least one of. */
export const record = <const Fields extends AnyFields>(
  fields: Fields,
  needed?: string,
): Field<MessageOf<Fields>, RecordOf<Fields>> => {
  const all = Object.entries(fields).map(([key, field]) => ({ key, name: nameOf(key, field), field }));
  const required = all.flatMap(({ name, field }) => (field.optional ? [] : [name]));
  return {
    read: (at, message, context) => {
      const value: Record<string, unknown> = {};
      const violations: FieldViolation[] = [];
      for (const { key, name, field } of all) {
        const read = field.read(`${at}.${protoName(key)}`, message[key], context);
        if (!read.ok) violations.push(...read.violations);
        else if (read.value !== undefined) value[name] = read.value;
      }
      if (violations.length > 0) return { ok: false, violations };
      if (needed !== undefined && Object.values(value).every(isEmpty))
        return violation(at, 'REQUIRED', `needed: ${needed}`);
      return { ok: true, value: value as RecordOf<Fields> };
    },
    write: (value) => {
      const message = all.map(({ key, name, field }) => [key, field.write(Reflect.get(value, name))]);
      return Object.fromEntries(message) as MessageOf<Fields>;
    },
    schema: {
      type: 'object',
      additionalProperties: false,
      ...(required.length > 0 ? { required } : {}),
      properties: Object.fromEntries(all.map(({ name, field }) => [name, field.schema])),
    },
  };
};

/** `familyNames` is `family_names` in the proto file, and so in the path of a violation. */
export const protoName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const nameOf = (key: string, field: object): string => ('as' in field ? String(field.as) : key);

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

const violation = (field: string, reason: string, description: string): Extract<Read<never>, { ok: false }> => ({
  ok: false,
  violations: [{ field, reason, description }],
});
