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
  const [first, ...others] = fieldViolationsOf(result.error);
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

/**
 * In the path of an issue: what follows belongs to the message around the last field. A oneof is no field of its own in a proto file,
 * and so in no path.
 */
export const ENCLOSING_MESSAGE = Symbol('enclosing message');

const fieldViolationsOf = (error: z.ZodError): FieldViolation[] =>
  error.issues.map((issue) => ({
    field: pathOf(issue),
    reason: violationReason(issue),
    description: issue.message,
  }));

type Issue = z.ZodError['issues'][number];

/** A decoded message has the types of its definition: what zod itself misses is a message that is absent. */
export const violationReason = (issue: Issue): string =>
  issue.code === 'custom' ? String(issue.params?.['reason']) : 'REQUIRED';

const pathOf = (issue: Issue): string => {
  const names = issue.path.filter(
    (name, index) => name !== ENCLOSING_MESSAGE && issue.path[index + 1] !== ENCLOSING_MESSAGE,
  );
  const inside: unknown = issue.code === 'custom' ? issue.params?.['inside'] : undefined;
  const path = names.reduce<string>(join, '');
  return typeof inside === 'string' && inside !== '' ? `${path}.${inside}` : path;
};

/** A field as the proto file calls it. */
export const protoName = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const join = (path: string, key: PropertyKey): string => {
  if (typeof key === 'number') return `${path}[${key}]`;
  const name = protoName(String(key));
  return path === '' ? name : `${path}.${name}`;
};
