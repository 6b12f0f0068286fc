import { addDays, type IsoDay } from './iso-day.js';

/** The internal form: from `start` until before `end` (half-open); an absent side is open. Created by `fromWire` only. */
export interface Period {
  readonly start?: IsoDay;
  readonly end?: IsoDay;
}

/** The form on the wire, as in belgif: both days inclusive; an absent side is open. */
export interface WirePeriod {
  readonly startDate?: IsoDay | undefined;
  readonly endDate?: IsoDay | undefined;
}

export type PeriodIssue = 'INVALID_PERIOD';

export type ParsedPeriod =
  | { readonly ok: true; readonly period: Period }
  | { readonly ok: false; readonly issue: PeriodIssue };

export const INVALID_PERIOD_MESSAGE =
  'a period ends on or after the day it begins, both days included; swap the two or leave the end out';

/** Some systems write an open end as 9999-12-31, which has no next day: it becomes open. */
const LAST_DAY = '9999-12-31';

export const fromWire = ({ startDate, endDate }: WirePeriod): ParsedPeriod => {
  if (startDate !== undefined && endDate !== undefined && endDate < startDate)
    return { ok: false, issue: 'INVALID_PERIOD' };
  const end = endDate === undefined || endDate === LAST_DAY ? undefined : addDays(endDate, 1);
  return {
    ok: true,
    period: { ...(startDate === undefined ? {} : { start: startDate }), ...(end === undefined ? {} : { end }) },
  };
};

export const toWire = ({ start, end }: Period): WirePeriod => ({
  ...(start === undefined ? {} : { startDate: start }),
  ...(end === undefined ? {} : { endDate: addDays(end, -1) }),
});

export const containsDay = ({ start, end }: Period, day: IsoDay): boolean =>
  (start === undefined || start <= day) && (end === undefined || day < end);

export const overlaps = (a: Period, b: Period): boolean =>
  (a.start === undefined || b.end === undefined || a.start < b.end) &&
  (b.start === undefined || a.end === undefined || b.start < a.end);

/** Whether `outer` holds every day of `inner`. */
export const containsPeriod = (outer: Period, inner: Period): boolean =>
  (outer.start === undefined || (inner.start !== undefined && outer.start <= inner.start)) &&
  (outer.end === undefined || (inner.end !== undefined && inner.end <= outer.end));
