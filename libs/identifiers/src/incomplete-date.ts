import { dayExists, type IsoDay } from './iso-day.js';

/** A date of which the day, or day and month, may be unknown: `yyyy-mm-dd`, `yyyy-mm-00` or `yyyy-00-00`. Unknown parts are never filled in. */
export type IncompleteDate = string & { readonly __brand: 'IncompleteDate' };

/** The shape of `google.type.Date`, in which an unknown part is 0. */
export interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const PATTERN = /^(\d{4})-(\d{2})-(\d{2})$/;

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/** Nothing when the parts are not a date: the year is always known, a day only with its month. */
export const incompleteDate = ({ year, month, day }: DateParts): IncompleteDate | undefined => {
  const asIfKnown = dayExists(year, month === 0 ? 1 : month, day === 0 ? 1 : day);
  if (!asIfKnown || (month === 0 && day !== 0)) return undefined;
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}` as IncompleteDate;
};

export const parseIncompleteDate = (text: string): IncompleteDate | undefined => {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  return incompleteDate({ year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) });
};

/** As `google.type.Date`. */
export const datePartsOf = (date: IncompleteDate | IsoDay): DateParts => ({
  year: Number(date.slice(0, 4)),
  month: Number(date.slice(5, 7)),
  day: Number(date.slice(8, 10)),
});

/** The day when nothing of it is unknown. */
export const completeDay = (date: IncompleteDate): IsoDay | undefined =>
  date.endsWith('-00') ? undefined : (date as string as IsoDay);

/** Whether the date is certainly later than a day: unknown parts never count as later. */
export const isAfterDay = (date: IncompleteDate, day: IsoDay): boolean => {
  const known = date.endsWith('-00-00') ? 4 : date.endsWith('-00') ? 7 : 10;
  return date.slice(0, known) > day.slice(0, known);
};
