import type { IsoDay, Mode } from '@crossroads/identifiers';
import type { z } from 'zod';
import { type FieldViolation, InvalidInput } from '../errors/failures.js';

/** What decides besides the request: whether test numbers are accepted, and which day it is in Brussels. */
export interface ValidationContext {
  readonly mode: Mode;
  readonly today: IsoDay;
}

/**
 * Checks a decoded request by a schema of `fields`. Every field that is wrong is named in one answer, by its path as in the proto
 * file: `data_services[0].field_groups[2]`.
 * @throws InvalidInput
 */
export const parseRequest = <Schema extends z.ZodType>(
  schema: Schema,
  request: NoInfer<z.input<Schema>>,
): z.output<Schema> => {
  const result = schema.safeParse(request);
  if (result.success) return result.data;
  const [first, ...others] = violationsOf(result.error);
  if (first === undefined) throw result.error;
  throw new InvalidInput(first, ...others);
};

/**
 * A schema that depends on the mode and the day, made again only when they change: making a schema takes some hundred times as
 * long as parsing with it.
 */
export const perContext = <Schema>(
  make: (context: ValidationContext) => Schema,
): ((context: ValidationContext) => Schema) => {
  let last: { readonly mode: Mode; readonly today: IsoDay; readonly schema: Schema } | undefined;
  return (context) => {
    const { mode, today } = context;
    if (last?.mode !== mode || last.today !== today) last = { mode, today, schema: make({ mode, today }) };
    return last.schema;
  };
};

/** `at` is the path of what was parsed, when it is itself a part of a request. */
export const violationsOf = (error: z.ZodError, at = ''): FieldViolation[] =>
  error.issues.map((issue) => ({
    field: issue.path.reduce<string>(join, at),
    // A decoded message has the types of its definition: what zod itself misses is a message that is absent.
    reason: issue.code === 'custom' ? String(issue.params?.['reason']) : 'REQUIRED',
    description: issue.message,
  }));

const join = (path: string, key: PropertyKey): string => {
  if (typeof key === 'number') return `${path}[${key}]`;
  const name = String(key).replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return path === '' ? name : `${path}.${name}`;
};
