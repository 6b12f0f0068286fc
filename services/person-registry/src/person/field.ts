import type { Json } from '@crossroads/eventsourcing';
import { fields, type ValidationContext } from '@crossroads/grpc';
import { type DateParts, datePartsOf, type IncompleteDate, isAfterDay } from '@crossroads/identifiers';
import type { z } from 'zod';

export type JsonSchema = { readonly [keyword: string]: Json };

/** One field of a message of the contract: how it is read and written, and the JSON Schema of its value in an answer. */
export interface Field<Raw, Value> {
  /** What a request is parsed by. */
  reader(context: ValidationContext): z.ZodType<Value>;
  write(value: Value): Raw;
  readonly schema: JsonSchema;
  /** An absent value is undefined. */
  readonly optional?: true;
  /** The number of another person than the one whom the fact is about. */
  readonly relative?: true;
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

const readText = fields.text({ max: MAX_TEXT });

export const text: Field<string, string> = {
  reader: () => readText,
  write: (value) => value,
  schema: { type: 'string', maxLength: MAX_TEXT },
};

const readTexts = fields.list(readText, { min: 0, max: MAX_TEXTS });

export const texts: Field<readonly string[], readonly string[]> = {
  reader: () => readTexts,
  write: (value) => value,
  schema: { type: 'array', maxItems: MAX_TEXTS, items: text.schema },
};

export const code = (pattern: RegExp, maxLength: number, description: string): Field<string, string> => {
  const read = fields.field((raw: string, refuse): string =>
    pattern.test(raw) ? raw : refuse(raw === '' ? 'REQUIRED' : 'INVALID_CODE', description),
  );
  return {
    reader: () => read,
    write: (value) => value,
    schema: { description, type: 'string', maxLength, pattern: pattern.source },
  };
};

export const oneOf = <const Value extends string | number>(
  values: readonly Value[],
  description: string,
): Field<Value, Value> => {
  const read = fields.field(
    (raw: string | number, refuse): Value => values.find((one) => one === raw) ?? refuse('INVALID_CODE', description),
  );
  return {
    reader: () => read,
    write: (value) => value,
    schema: { description, enum: values },
  };
};

/** Of a birth or a death. */
export const pastDate: Field<DateParts | undefined, IncompleteDate> = {
  reader: ({ today }) =>
    fields.incompleteDate.transform((date, context) =>
      isAfterDay(date, today)
        ? fields.refuseAt(context, [], 'DATE_IN_FUTURE', 'a birth or a death is not in the future')
        : date,
    ),
  write: datePartsOf,
  schema: {
    description: 'Month and day are 00 when not known',
    type: 'string',
    maxLength: 10,
    pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
  },
};

/** The number of another person. */
export const relative: Field<string, string> = {
  reader: fields.ssin,
  write: (value) => value,
  schema: { type: 'string', maxLength: 11, pattern: '^[0-9]{11}$' },
  relative: true,
};

/** An empty text is absent, as in proto3. */
export const optional = <Value>(field: Field<string, Value>): Field<string, Value | undefined> => ({
  ...field,
  reader: (context) => fields.optional(field.reader(context)),
  write: (value) => (value === undefined ? '' : field.write(value)),
  optional: true,
});

/** A message that counts as absent when it is empty. */
export const optionalRecord = <const Fields extends AnyFields>(
  content: Fields,
): Field<MessageOf<Fields> | undefined, RecordOf<Fields> | undefined> => {
  const field = record(content);
  return {
    reader: (context) =>
      fields
        .optional(field.reader(context))
        .transform((value) => (value && Object.keys(value).length > 0 ? value : undefined)),
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

/** A message, field by field. */
export interface RecordField<Raw, Value> extends Field<Raw, Value> {
  /** Its fields that hold the number of another person, by their names in the message and in the value. */
  readonly relatives: readonly { readonly key: string; readonly name: string }[];
}

/** `needed` says what the message must hold at least one of. */
export const record = <const Fields extends AnyFields>(
  content: Fields,
  needed?: string,
): RecordField<MessageOf<Fields>, RecordOf<Fields>> => {
  const all = Object.entries(content).map(([key, field]) => ({ key, name: nameOf(key, field), field }));
  const required = all.flatMap(({ name, field }) => (field.optional ? [] : [name]));
  return {
    reader: (context) =>
      fields
        .message(Object.fromEntries(all.map(({ key, field }) => [key, field.reader(context)])))
        .transform((message, issues) => {
          const present = all.filter(({ key }) => message[key] !== undefined);
          const value = Object.fromEntries(present.map(({ key, name }) => [name, message[key]]));
          if (needed !== undefined && Object.values(value).every(isEmpty))
            return fields.refuseAt(issues, [], 'REQUIRED', `needed: ${needed}`);
          return value as RecordOf<Fields>;
        }),
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
    relatives: all.filter(({ field }) => field.relative),
  };
};

const nameOf = (key: string, field: object): string => ('as' in field ? String(field.as) : key);

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
