import { type IncompleteDate, incompleteDate, isAfterDay } from './incomplete-date.js';
import { dayExists, type IsoDay } from './iso-day.js';

/** A social security identification number (NISS/INSZ) that passed every rule: eleven digits. Personal data. */
export type Ssin = string & { readonly __brand: 'Ssin' };

/** `production` refuses the numbers of synthetic people. */
export type Mode = 'production' | 'development';

export type SsinKind = 'register' | 'bis' | 'test';

export type SsinIssue =
  | 'malformed'
  | 'checksum'
  | 'impossible-date'
  | 'future-date'
  | 'counter'
  | 'test-number-in-production';

export type ParsedSsin =
  | { readonly ok: true; readonly ssin: Ssin; readonly kind: SsinKind; readonly birthDate: IncompleteDate }
  | { readonly ok: false; readonly issue: SsinIssue };

/** For developers and officials: the rule and what to do. Never the number. */
export const ssinMessages: Readonly<Record<SsinIssue, string>> = {
  malformed: 'an SSIN is eleven digits without spaces, dots or dashes; send only the digits',
  checksum:
    'the last two digits of an SSIN are 97 minus the first nine modulo 97 (with a 2 before them for births since 2000); check for a typing error',
  'impossible-date':
    'digits one to six of an SSIN hold a birth date that exists (month plus 20 or 40 for BIS numbers, 00 when unknown); check for a typing error',
  'future-date': 'the birth date in an SSIN is not in the future; check for a typing error',
  counter: 'digits seven to nine of a register number are 001 to 998; check for a typing error',
  'test-number-in-production':
    'this is a test number (month 60 to 72), which belongs to nobody and is refused in production; send a real SSIN or use a test environment',
};

/** For births since 2000 the check number is computed with a 2 before the nine digits. */
const SINCE_2000 = 2_000_000_000;

/** A number never fits both centuries, as 2 000 000 000 is not a multiple of 97. */
const centuryOf = (nine: number, check: number): 1900 | 2000 | undefined => {
  if (97 - (nine % 97) === check) return 1900;
  if (97 - ((SINCE_2000 + nine) % 97) === check) return 2000;
  return undefined;
};

/** Months 00-12 register, 20-32 BIS with unknown sex, 40-52 BIS with known sex, 60-72 synthetic people (TST). */
const kindOf = (month: number): SsinKind | undefined => {
  if (month > 72 || month % 20 > 12) return undefined;
  if (month >= 60) return 'test';
  return month >= 20 ? 'bis' : 'register';
};

/** With an unknown month the day is only a counter: registers continue with 01, 02 … when the numbers of 00 are used up. */
const birthDateOf = (year: number, month: number, day: number): IncompleteDate | undefined => {
  if (month === 0) return incompleteDate({ year, month, day: 0 });
  if (day !== 0 && !dayExists(year, month, day)) return undefined;
  return incompleteDate({ year, month, day });
};

const refused = (issue: SsinIssue): ParsedSsin => ({ ok: false, issue });

/**
 * Applies the rules of belgif's SsinValidator in this order: form, check number, date, future, counter; then the test numbers.
 * `today` is the day in Brussels.
 */
export const parseSsin = (
  text: string,
  { mode, today }: { readonly mode: Mode; readonly today: IsoDay },
): ParsedSsin => {
  if (!/^[0-9]{11}$/.test(text)) return refused('malformed');
  const century = centuryOf(Number(text.slice(0, 9)), Number(text.slice(9)));
  if (century === undefined) return refused('checksum');
  const month = Number(text.slice(2, 4));
  const kind = kindOf(month);
  const birthDate = birthDateOf(century + Number(text.slice(0, 2)), month % 20, Number(text.slice(4, 6)));
  if (kind === undefined || birthDate === undefined) return refused('impossible-date');
  if (isAfterDay(birthDate, today)) return refused('future-date');
  const counter = text.slice(6, 9);
  if (kind === 'register' && (counter === '000' || counter === '999')) return refused('counter');
  if (kind === 'test' && mode === 'production') return refused('test-number-in-production');
  return { ok: true, ssin: text as Ssin, kind, birthDate };
};

/** The check number that makes nine digits an SSIN of a century, for generated people. */
export const ssinCheck = (nine: string, century: 1900 | 2000): string =>
  String(97 - ((Number(nine) + (century === 2000 ? SINCE_2000 : 0)) % 97)).padStart(2, '0');
