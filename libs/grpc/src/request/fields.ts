import {
  CONTEXT_MESSAGE,
  type DateParts,
  type EmployerId,
  type EnterpriseNumber,
  type EstablishmentNumber,
  employerIdMessages,
  enterpriseNumberMessages,
  establishmentNumberMessages,
  fromWire,
  INSCRIPTION_CONTEXT_MESSAGE,
  INVALID_PERIOD_MESSAGE,
  type IncompleteDate,
  type InscriptionContext,
  type IsoDay,
  incompleteDate as incompleteDateOf,
  isoDay,
  type LegalContext,
  type Period,
  parseEmployerId,
  parseEnterpriseNumber,
  parseEstablishmentNumber,
  parseInscriptionContext,
  parseLegalContext,
  parseSsin,
  type Ssin,
  ssinMessages,
} from '@crossroads/identifiers';
import { z } from 'zod';
import { ENCLOSING_MESSAGE, perContext, protoName, violationReason } from './parse-request.js';
import { requestIdViolation } from './request-id.js';

/**
 * Says that a value is refused; to be returned. `reason` is API (UPPER_SNAKE_CASE), `description` names the rule and the way out,
 * `inside` is the path of the refused part of a JSON value.
 */
type Refuse = (reason: string, description: string, inside?: string) => never;

/** A field with its rule: gives the value, or refuses it. The type of what comes in is that of the decoded message. */
export const field = <Raw, Value>(rule: (raw: Raw, refuse: Refuse) => Value) =>
  z.transform(
    (raw: Raw, context): Value =>
      rule(raw, (reason, description, inside) => {
        context.addIssue({ code: 'custom', message: description, params: { reason, inside } });
        return z.NEVER;
      }),
  );

/** Refuses a part of what a `transform` was given, by its path; to be returned. A transform runs only when all parts are good. */
export const refuseAt = (
  context: z.RefinementCtx,
  path: readonly PropertyKey[],
  reason: string,
  description: string,
): never => {
  context.addIssue({ code: 'custom', path: [...path], message: description, params: { reason } });
  return z.NEVER;
};

/** A message with its fields: the request itself, or a message in it, which is refused when it is absent. */
export const message = <Shape extends z.ZodRawShape>(
  shape: Shape,
  what = 'this message',
): z.ZodType<z.output<z.ZodObject<Shape>>, z.input<z.ZodObject<Shape>> | undefined> =>
  z.object(shape, `needed: ${what}`);

type OneofOf<Cases> = {
  [Case in keyof Cases]: { readonly $case: Case; readonly value: Cases[Case] };
}[keyof Cases];

/**
 * A oneof with a schema for each of its fields, by its name. Paths lead through the message that holds the oneof to the field. When
 * none is set, the message is refused, or the oneof by its own name.
 */
export const oneof = <Cases extends Readonly<Record<string, z.ZodType>>>(
  cases: Cases,
  {
    needed = `needed: one of ${Object.keys(cases).map(protoName).join(', ')}`,
    refuse = 'message',
  }: { readonly needed?: string; readonly refuse?: 'message' | 'oneof' } = {},
) => {
  type Raw = OneofOf<{ [Case in keyof Cases]: z.input<Cases[Case]> }>;
  type Value = OneofOf<{ [Case in keyof Cases]: z.output<Cases[Case]> }>;
  return z.transform((raw: Raw | undefined, context): Value => {
    const schema = raw && cases[raw.$case];
    if (!schema) return refuseAt(context, refuse === 'message' ? [ENCLOSING_MESSAGE] : [], 'REQUIRED', needed);
    const value = parsePart(context, schema, raw.value, [ENCLOSING_MESSAGE, raw.$case]);
    return { $case: raw.$case, value };
  });
};

/** A value whose rule depends on the value itself. */
export const byValue = <Schema extends z.ZodType>(schemaOf: (raw: z.input<Schema>) => Schema) =>
  z.transform((raw: z.input<Schema>, context) => parsePart(context, schemaOf(raw), raw));

/** A value that is valid by the schema, as it came. */
export const unchanged = <Schema extends z.ZodType>(schema: Schema) =>
  z.transform((raw: z.input<Schema>, context) => {
    parsePart(context, schema, raw);
    return raw;
  });

/** `path` is that of the part. */
const parsePart = <Schema extends z.ZodType>(
  context: z.RefinementCtx,
  schema: Schema,
  raw: z.input<Schema>,
  path: readonly PropertyKey[] = [],
): z.output<Schema> => {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  for (const issue of result.error.issues)
    context.addIssue({
      code: 'custom',
      path: [...path, ...issue.path],
      message: issue.message,
      params: { ...(issue.code === 'custom' ? issue.params : {}), reason: violationReason(issue) },
    });
  return z.NEVER;
};

/** Absent stays absent; so does an empty text, which in proto3 is the same. */
export const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((raw: z.input<Schema> | undefined) => (raw === '' ? undefined : raw), z.optional(schema));

/** A repeated field, with at least one element unless `min` is 0. */
export const list = <Schema extends z.ZodType>(
  element: Schema,
  { min = 1, max }: { readonly min?: number; readonly max: number },
) =>
  field((raw: readonly z.input<Schema>[], refuse): z.input<Schema>[] => {
    if (raw.length < min) return refuse('REQUIRED', `needed: at least ${min}`);
    if (raw.length > max) return refuse('TOO_MANY', `at most ${max} at once; send the others in another request`);
    return [...raw];
  }).pipe(z.array(element));

const reasonOf = (prefix: string, issue: string): string => `${prefix}_${issue.toUpperCase().replaceAll('-', '_')}`;

export const ssin = perContext((context) =>
  field((raw: string, refuse): Ssin => {
    if (raw === '') return refuse('REQUIRED', 'needed: an SSIN, eleven digits');
    const parsed = parseSsin(raw, context);
    return parsed.ok ? parsed.ssin : refuse(reasonOf('SSIN', parsed.issue), ssinMessages[parsed.issue]);
  }),
);

export const enterpriseNumber = field((raw: string, refuse): EnterpriseNumber => {
  if (raw === '') return refuse('REQUIRED', 'needed: an enterprise number, ten digits');
  const parsed = parseEnterpriseNumber(raw);
  if (parsed.ok) return parsed.value;
  return refuse(reasonOf('ENTERPRISE_NUMBER', parsed.issue), enterpriseNumberMessages[parsed.issue]);
});

export const establishmentNumber = field((raw: string, refuse): EstablishmentNumber => {
  if (raw === '') return refuse('REQUIRED', 'needed: an establishment unit number, ten digits');
  const parsed = parseEstablishmentNumber(raw);
  if (parsed.ok) return parsed.value;
  return refuse(reasonOf('ESTABLISHMENT_NUMBER', parsed.issue), establishmentNumberMessages[parsed.issue]);
});

export const employerId = field((raw: string, refuse): EmployerId => {
  const parsed = parseEmployerId(raw);
  if (parsed.ok) return parsed.employerId;
  return refuse(reasonOf('EMPLOYER_ID', parsed.issue), employerIdMessages[parsed.issue]);
});

export const legalContext = field((raw: string, refuse): LegalContext => {
  if (raw === '') return refuse('REQUIRED', 'needed: a legal context, for example PCSA:SOCIAL_INQUIRY');
  return parseLegalContext(raw) ?? refuse('MALFORMED_CONTEXT', CONTEXT_MESSAGE);
});

/** A quality code or its text; a context that has both is read as its code. */
export const inscriptionContext = field((raw: string, refuse): InscriptionContext => {
  if (raw === '') return refuse('REQUIRED', 'needed: an inscription context, for example 17/2 or PCSA:LIVING_WAGE');
  return parseInscriptionContext(raw) ?? refuse('MALFORMED_CONTEXT', INSCRIPTION_CONTEXT_MESSAGE);
});

/** A `google.type.Date` of which nothing is unknown. */
export const day = field((raw: DateParts | undefined, refuse): IsoDay => {
  if (raw === undefined) return refuse('REQUIRED', 'needed: a day');
  return (
    isoDay(raw.year, raw.month, raw.day) ??
    refuse('INVALID_DATE', 'not a day of the calendar; give year (1 to 9999), month and day')
  );
});

/** A `google.type.Date` of which the day, or day and month, may be 0. */
export const incompleteDate = field((raw: DateParts | undefined, refuse): IncompleteDate => {
  if (raw === undefined) return refuse('REQUIRED', 'needed: a date, with 0 for the parts that are unknown');
  return incompleteDateOf(raw) ?? refuse('INVALID_DATE', 'not a date; unknown parts are 0: the day, or day and month');
});

export interface PeriodMessage {
  readonly startDate: DateParts | undefined;
  readonly endDate: DateParts | undefined;
}

const OPEN: PeriodMessage = { startDate: undefined, endDate: undefined };

/** A message with `start_date` and `end_date` as on the wire, both inclusive. What is absent, also the whole, leaves a side open. */
export const period = z.preprocess(
  (raw: PeriodMessage | undefined) => raw ?? OPEN,
  message({ startDate: optional(day), endDate: optional(day) }).transform(({ startDate, endDate }, context): Period => {
    const parsed = fromWire({ startDate, endDate });
    return parsed.ok ? parsed.period : refuseAt(context, ['endDate'], parsed.issue, INVALID_PERIOD_MESSAGE);
  }),
);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export const uuid = field((raw: string, refuse): string => {
  if (raw === '') return refuse('REQUIRED', 'needed: a UUID');
  const id = raw.toLowerCase();
  return UUID.test(id) ? id : refuse('MALFORMED_UUID', 'a UUID is 32 hexadecimal digits in five groups');
});

/** A UUIDv7 of the last 35 days. */
export const requestId = field((raw: string, refuse): string => {
  const violation = requestIdViolation(raw);
  return violation === undefined ? raw.toLowerCase() : refuse(violation.reason, violation.description);
});

/** Control characters other than tab and line end (PostgreSQL stores no NUL), and what was not UTF-8 on the wire. */
const UNPRINTABLE = /(?![\t\n\r])\p{Cc}|\ufffd/u;

/** Text of 1 to `max` characters. */
export const text = ({ max }: { readonly max: number }) =>
  field((raw: string, refuse): string => {
    if (raw.trim() === '') return refuse('REQUIRED', `needed: text of at most ${max} characters`);
    if (raw.length > max) return refuse('TOO_LONG', `at most ${max} characters`);
    return UNPRINTABLE.test(raw) ? refuse('UNPRINTABLE', 'UTF-8 text without control characters') : raw;
  });

/** An instant (`google.protobuf.Timestamp`, decoded as a Date) of the years 1 to 9999. */
export const instant = field((raw: Date | undefined, refuse): Date => {
  if (raw === undefined) return refuse('REQUIRED', 'needed: an instant');
  const year = raw.getUTCFullYear();
  return year >= 1 && year <= 9999 ? raw : refuse('INVALID_INSTANT', 'an instant of the years 1 to 9999');
});

/** How many a page holds: 0 leaves it to the server, more than `max` becomes `max` (AIP-158). */
export const pageSize = ({ usual = 100, max = 1000 }: { readonly usual?: number; readonly max?: number } = {}) =>
  field((raw: number, refuse): number => {
    if (raw < 0) return refuse('INVALID_PAGE_SIZE', `a page size is 0 (ours) or 1 to ${max}`);
    return raw === 0 ? usual : Math.min(raw, max);
  });
