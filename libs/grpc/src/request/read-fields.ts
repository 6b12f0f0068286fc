import type { DateParts } from '@crossroads/identifiers';
import type { z } from 'zod';
import { type FieldViolation, InvalidInput } from '../errors/failures.js';
import * as fields from './fields.js';
import { type ValidationContext, violationsOf } from './parse-request.js';
import { requestIdViolation } from './request-id.js';

// The rules of `fields` one field at a time, for readers that have not become a schema for `parseRequest` yet.

/** A field as it was read: its value, or what is wrong with it. */
export type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly violations: readonly FieldViolation[] };

const read = <Schema extends z.ZodType>(
  schema: Schema,
  field: string,
  raw: NoInfer<z.input<Schema>>,
): Read<z.output<Schema>> => {
  const result = schema.safeParse(raw);
  return result.success
    ? { ok: true, value: result.data }
    : { ok: false, violations: violationsOf(result.error, field) };
};

/** A schema for each bound, made once. */
const perNumber = <Schema>(make: (bound: number) => Schema): ((bound: number) => Schema) => {
  const made = new Map<number, Schema>();
  return (bound) => {
    const schema = made.get(bound) ?? make(bound);
    made.set(bound, schema);
    return schema;
  };
};

/**
 * Reads all fields of a request before it complains, so that one answer names everything that is wrong.
 * @throws InvalidInput
 */
export const readFields = <Fields extends Readonly<Record<string, unknown>>>(
  given: {
    readonly [Name in keyof Fields]: Read<Fields[Name]>;
  },
): Fields => {
  const values: Partial<Fields> = {};
  const violations: FieldViolation[] = [];
  for (const name in given) {
    const one = given[name];
    if (one.ok) values[name] = one.value;
    else violations.push(...one.violations);
  }
  const [first, ...others] = violations;
  if (first !== undefined) throw new InvalidInput(first, ...others);
  return values as Fields;
};

/** Nothing for an absent field: `readOptional(request.day, (day) => readDay('day', day))`. Empty texts are absent, as in proto3. */
export const readOptional = <Raw, Value>(
  raw: Raw | undefined,
  readPresent: (raw: Raw) => Read<Value>,
): Read<Value | undefined> => (raw === undefined || raw === '' ? { ok: true, value: undefined } : readPresent(raw));

/** Each element under its own name, `field[0]`, `field[1]` …; at least one unless `min` is 0. */
export const readList = <Raw, Value>(
  field: string,
  raws: readonly Raw[],
  { min = 1, max }: { readonly min?: number; readonly max: number },
  readElement: (field: string, raw: Raw) => Read<Value>,
): Read<Value[]> => {
  const size = fields.sizeViolation(raws.length, min, max);
  if (size !== undefined) return { ok: false, violations: [{ field, ...size }] };
  const values: Value[] = [];
  const violations: FieldViolation[] = [];
  for (const [index, raw] of raws.entries()) {
    const one = readElement(`${field}[${index}]`, raw);
    if (one.ok) values.push(one.value);
    else violations.push(...one.violations);
  }
  return violations.length === 0 ? { ok: true, value: values } : { ok: false, violations };
};

export const readSsin = (field: string, raw: string, context: ValidationContext) =>
  read(fields.ssin(context), field, raw);

export const readEnterpriseNumber = (field: string, raw: string) => read(fields.enterpriseNumber, field, raw);

export const readEstablishmentNumber = (field: string, raw: string) => read(fields.establishmentNumber, field, raw);

export const readEmployerId = (field: string, raw: string) => read(fields.employerId, field, raw);

export const readLegalContext = (field: string, raw: string) => read(fields.legalContext, field, raw);

export const readInscriptionContext = (field: string, raw: string) => read(fields.inscriptionContext, field, raw);

export const readDay = (field: string, raw: DateParts | undefined) => read(fields.day, field, raw);

export const readIncompleteDate = (field: string, raw: DateParts | undefined) =>
  read(fields.incompleteDate, field, raw);

/** `prefix` is the path of the message that holds `start_date` and `end_date`, with its dot. */
export const readPeriod = (
  { startDate, endDate }: { readonly startDate?: DateParts | undefined; readonly endDate?: DateParts | undefined },
  prefix = '',
) => read(fields.period, prefix.replace(/\.$/, ''), { startDate, endDate });

export const readUuid = (field: string, raw: string) => read(fields.uuid, field, raw);

export const readRequestId = (raw: string, now?: number): Read<string> => {
  const violation = requestIdViolation(raw, now);
  return violation === undefined ? { ok: true, value: raw.toLowerCase() } : { ok: false, violations: [violation] };
};

const textUpTo = perNumber((max) => fields.text({ max }));

export const readText = (field: string, raw: string, { max }: { readonly max: number }) =>
  read(textUpTo(max), field, raw);

export const readInstant = (field: string, raw: Date | undefined) => read(fields.instant, field, raw);

export const readPageSize = (
  raw: number,
  options: { readonly usual?: number; readonly max?: number } = {},
  field = 'page_size',
) => read(fields.pageSize(options), field, raw);
