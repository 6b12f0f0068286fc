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
  incompleteDate,
  isoDay,
  type LegalContext,
  type Mode,
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
import { type FieldViolation, InvalidInput } from '../errors/failures.js';
import { requestIdViolation } from './request-id.js';

/** A field as it was read: its value, or what is wrong with it. */
export type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly violations: readonly FieldViolation[] };

const good = <Value>(value: Value): Read<Value> => ({ ok: true, value });

const bad = (field: string, reason: string, description: string): { ok: false; violations: FieldViolation[] } => ({
  ok: false,
  violations: [{ field, reason, description }],
});

const required = (field: string, what: string) => bad(field, 'REQUIRED', `needed: ${what}`);

const reasonOf = (prefix: string, issue: string): string => `${prefix}_${issue.toUpperCase().replaceAll('-', '_')}`;

/**
 * Reads all fields of a request before it complains, so that one answer names everything that is wrong:
 * `const { ssin, day } = readFields({ ssin: readSsin('ssin', request.ssin, door), day: readDay('day', request.day) })`.
 * @throws InvalidInput
 */
export const readFields = <Fields extends Readonly<Record<string, unknown>>>(
  fields: {
    readonly [Name in keyof Fields]: Read<Fields[Name]>;
  },
): Fields => {
  const values: Partial<Fields> = {};
  const violations: FieldViolation[] = [];
  for (const name in fields) {
    const read = fields[name];
    if (read.ok) values[name] = read.value;
    else violations.push(...read.violations);
  }
  const [first, ...others] = violations;
  if (first !== undefined) throw new InvalidInput(first, ...others);
  return values as Fields;
};

/** Nothing for an absent field: `readOptional(request.day, (day) => readDay('day', day))`. Empty texts are absent, as in proto3. */
export const readOptional = <Raw, Value>(
  raw: Raw | undefined,
  read: (raw: Raw) => Read<Value>,
): Read<Value | undefined> => (raw === undefined || raw === '' ? good(undefined) : read(raw));

/** Each element under its own name, `field[0]`, `field[1]` …; at least one unless `min` is 0. */
export const readList = <Raw, Value>(
  field: string,
  raws: readonly Raw[],
  { min = 1, max }: { readonly min?: number; readonly max: number },
  read: (field: string, raw: Raw) => Read<Value>,
): Read<Value[]> => {
  if (raws.length < min) return bad(field, 'REQUIRED', `needed: at least ${min}`);
  if (raws.length > max) return bad(field, 'TOO_MANY', `at most ${max} at once; send the others in another request`);
  const values: Value[] = [];
  const violations: FieldViolation[] = [];
  raws.forEach((raw, index) => {
    const one = read(`${field}[${index}]`, raw);
    if (one.ok) values.push(one.value);
    else violations.push(...one.violations);
  });
  return violations.length === 0 ? good(values) : { ok: false, violations };
};

/** What the door knows: whether test numbers may pass, and the day in Brussels. */
export interface ValidationContext {
  readonly mode: Mode;
  readonly today: IsoDay;
}

export const readSsin = (field: string, raw: string, door: ValidationContext): Read<Ssin> => {
  if (raw === '') return required(field, 'an SSIN, eleven digits');
  const parsed = parseSsin(raw, door);
  return parsed.ok ? good(parsed.ssin) : bad(field, reasonOf('SSIN', parsed.issue), ssinMessages[parsed.issue]);
};

export const readEnterpriseNumber = (field: string, raw: string): Read<EnterpriseNumber> => {
  if (raw === '') return required(field, 'an enterprise number, ten digits');
  const parsed = parseEnterpriseNumber(raw);
  if (parsed.ok) return good(parsed.value);
  return bad(field, reasonOf('ENTERPRISE_NUMBER', parsed.issue), enterpriseNumberMessages[parsed.issue]);
};

export const readEstablishmentNumber = (field: string, raw: string): Read<EstablishmentNumber> => {
  if (raw === '') return required(field, 'an establishment unit number, ten digits');
  const parsed = parseEstablishmentNumber(raw);
  if (parsed.ok) return good(parsed.value);
  return bad(field, reasonOf('ESTABLISHMENT_NUMBER', parsed.issue), establishmentNumberMessages[parsed.issue]);
};

export const readEmployerId = (field: string, raw: string): Read<EmployerId> => {
  const parsed = parseEmployerId(raw);
  if (parsed.ok) return good(parsed.employerId);
  return bad(field, reasonOf('EMPLOYER_ID', parsed.issue), employerIdMessages[parsed.issue]);
};

export const readLegalContext = (field: string, raw: string): Read<LegalContext> => {
  if (raw === '') return required(field, 'a legal context, for example PCSA:SOCIAL_INQUIRY');
  const context = parseLegalContext(raw);
  return context === undefined ? bad(field, 'MALFORMED_CONTEXT', CONTEXT_MESSAGE) : good(context);
};

/** A quality code or its text; what has both is read as its code. */
export const readInscriptionContext = (field: string, raw: string): Read<InscriptionContext> => {
  if (raw === '') return required(field, 'an inscription context, for example 17/2 or PCSA:LIVING_WAGE');
  const context = parseInscriptionContext(raw);
  return context === undefined ? bad(field, 'MALFORMED_CONTEXT', INSCRIPTION_CONTEXT_MESSAGE) : good(context);
};

const NO_SUCH_DAY = 'not a day of the calendar; give year (1 to 9999), month and day';

/** A `google.type.Date` of which nothing is unknown. */
export const readDay = (field: string, raw: DateParts | undefined): Read<IsoDay> => {
  if (raw === undefined) return required(field, 'a day');
  const day = isoDay(raw.year, raw.month, raw.day);
  return day === undefined ? bad(field, 'INVALID_DATE', NO_SUCH_DAY) : good(day);
};

/** A `google.type.Date` of which day, or day and month, may be 0. */
export const readIncompleteDate = (field: string, raw: DateParts | undefined): Read<IncompleteDate> => {
  if (raw === undefined) return required(field, 'a date, with 0 for the parts that are unknown');
  const date = incompleteDate(raw);
  if (date !== undefined) return good(date);
  return bad(field, 'INVALID_DATE', 'not a date; unknown parts are 0: the day, or day and month');
};

/** `start_date` and `end_date` as on the wire, both inclusive; `prefix` is the path of the message that holds them, with its dot. */
export const readPeriod = (
  raw: { readonly startDate?: DateParts | undefined; readonly endDate?: DateParts | undefined },
  prefix = '',
): Read<Period> => {
  const start = readOptional(raw.startDate, (day) => readDay(`${prefix}start_date`, day));
  const end = readOptional(raw.endDate, (day) => readDay(`${prefix}end_date`, day));
  if (!start.ok || !end.ok)
    return { ok: false, violations: [start, end].flatMap((read) => (read.ok ? [] : read.violations)) };
  const parsed = fromWire({ startDate: start.value, endDate: end.value });
  return parsed.ok ? good(parsed.period) : bad(`${prefix}end_date`, parsed.issue, INVALID_PERIOD_MESSAGE);
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export const readUuid = (field: string, raw: string): Read<string> => {
  if (raw === '') return required(field, 'a UUID');
  const uuid = raw.toLowerCase();
  return UUID.test(uuid) ? good(uuid) : bad(field, 'MALFORMED_UUID', 'a UUID is 32 hexadecimal digits in five groups');
};

/** A UUIDv7 of the last 35 days. */
export const readRequestId = (raw: string, now?: number): Read<string> => {
  const violation = requestIdViolation(raw, now);
  return violation === undefined ? good(raw.toLowerCase()) : { ok: false, violations: [violation] };
};

/** Control characters other than tab and line end (PostgreSQL takes no NUL), and what was no UTF-8 on the wire. */
const UNPRINTABLE = /(?![\t\n\r])\p{Cc}|\ufffd/u;

/** Text of 1 to `max` characters. */
export const readText = (field: string, raw: string, { max }: { readonly max: number }): Read<string> => {
  if (raw.trim() === '') return required(field, `text of at most ${max} characters`);
  if (raw.length > max) return bad(field, 'TOO_LONG', `at most ${max} characters`);
  return UNPRINTABLE.test(raw) ? bad(field, 'UNPRINTABLE', 'UTF-8 text without control characters') : good(raw);
};

/** An instant (`google.protobuf.Timestamp`, a Date by then) of the years 1 to 9999. */
export const readInstant = (field: string, raw: Date | undefined): Read<Date> => {
  if (raw === undefined) return required(field, 'an instant');
  const year = raw.getUTCFullYear();
  return year >= 1 && year <= 9999 ? good(raw) : bad(field, 'INVALID_INSTANT', 'an instant of the years 1 to 9999');
};

/** How many a page has: 0 leaves it to us, too many are cut to `max` (AIP-158). */
export const readPageSize = (
  raw: number,
  { usual = 100, max = 1000 }: { readonly usual?: number; readonly max?: number } = {},
  field = 'page_size',
): Read<number> => {
  if (raw < 0) return bad(field, 'INVALID_PAGE_SIZE', `a page size is 0 (ours) or 1 to ${max}`);
  return good(raw === 0 ? usual : Math.min(raw, max));
};
