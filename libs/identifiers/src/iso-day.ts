/** A calendar day as `yyyy-mm-dd`. Compares as text: `a < b` is "a is before b". */
export type IsoDay = string & { readonly __brand: 'IsoDay' };

/** The time zone of legal days, unless a setting says otherwise. */
export const BRUSSELS = 'Europe/Brussels';

const PATTERN = /^(\d{4})-(\d{2})-(\d{2})$/;
const DAY_MS = 86_400_000;

const daysInMonth = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
};

/** Whether the day is in the proleptic Gregorian calendar, years 1 to 9999. */
export const dayExists = (year: number, month: number, day: number): boolean =>
  Number.isInteger(year) &&
  Number.isInteger(month) &&
  Number.isInteger(day) &&
  year >= 1 &&
  year <= 9999 &&
  month >= 1 &&
  month <= 12 &&
  day >= 1 &&
  day <= daysInMonth(year, month);

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/** Nothing when there is no such day. */
export const isoDay = (year: number, month: number, day: number): IsoDay | undefined =>
  dayExists(year, month, day) ? (`${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}` as IsoDay) : undefined;

/** Nothing when the text is not `yyyy-mm-dd` or there is no such day. */
export const parseIsoDay = (text: string): IsoDay | undefined => {
  const match = PATTERN.exec(text);
  return match ? isoDay(Number(match[1]), Number(match[2]), Number(match[3])) : undefined;
};

export const isIsoDay = (value: unknown): value is IsoDay =>
  typeof value === 'string' && parseIsoDay(value) !== undefined;

/** @throws RangeError outside the years 1 to 9999. */
export const addDays = (day: IsoDay, days: number): IsoDay => {
  const date = new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS);
  const moved = isoDay(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
  if (moved === undefined) throw new RangeError('a day lies in the years 1 to 9999');
  return moved;
};

const formats = new Map<string, Intl.DateTimeFormat>();

const formatOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = formats.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  formats.set(timeZone, format);
  return format;
};

const QUARTER_MS = 15 * 60 * 1000;
/** Since then the offset of every zone is a multiple of 15 minutes, so that no day begins within a quarter of an hour. */
const QUARTERS_SINCE = Date.UTC(1973, 0);

const lastDays = new Map<string, { readonly quarter: number; readonly day: IsoDay }>();

/**
 * The day at an instant in a time zone: legal days begin at 00:00 Europe/Brussels, not at midnight UTC. Every request needs it, so the
 * result is cached for a quarter of an hour.
 * @throws RangeError on an invalid instant or an unknown time zone.
 */
export const dayOf = (instant: Date, timeZone: string = BRUSSELS): IsoDay => {
  const quarter = Math.floor(instant.getTime() / QUARTER_MS);
  const last = lastDays.get(timeZone);
  if (last?.quarter === quarter) return last.day;
  const day = formattedDayOf(instant, timeZone);
  if (instant.getTime() >= QUARTERS_SINCE) lastDays.set(timeZone, { quarter, day });
  return day;
};

const formattedDayOf = (instant: Date, timeZone: string): IsoDay => {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const day = isoDay(parts.get('year') ?? 0, parts.get('month') ?? 0, parts.get('day') ?? 0);
  if (day === undefined) throw new RangeError('a day lies in the years 1 to 9999');
  return day;
};

/** Zones lie between 12 hours behind and 14 hours ahead of UTC. */
const EARLIEST_QUARTERS = -14 * 4;
const LATEST_QUARTERS = 12 * 4;

/** The instant at which a day begins in a time zone, from 1973 on. @throws RangeError on an unknown time zone. */
export const startOfDay = (day: IsoDay, timeZone: string = BRUSSELS): Date => {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  let [before, from] = [EARLIEST_QUARTERS - 1, LATEST_QUARTERS];
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2);
    if (formattedDayOf(new Date(midnight + middle * QUARTER_MS), timeZone) < day) before = middle;
    else from = middle;
  }
  return new Date(midnight + from * QUARTER_MS);
};
