import { addDays, type IsoDay, type Period } from '@crossroads/identifiers';

/** Day 0. Rows and events hold hundreds of millions of days, so a day is a small number there. */
const EPOCH = '2010-01-01' as IsoDay;

const EPOCH_MS = Date.parse(`${EPOCH}T00:00:00Z`);
const DAY_MS = 86_400_000;

/** Day numbers from `start` (included) to `end` (excluded); an open side is infinite. Empty when `end <= start`. */
export interface DayRange {
  readonly start: number;
  readonly end: number;
}

export const dayNumber = (day: IsoDay): number => Math.round((Date.parse(`${day}T00:00:00Z`) - EPOCH_MS) / DAY_MS);

export const dayOfNumber = (day: number): IsoDay => addDays(EPOCH, day);

export const rangeOf = ({ start, end }: Period): DayRange => ({
  start: start === undefined ? Number.NEGATIVE_INFINITY : dayNumber(start),
  end: end === undefined ? Number.POSITIVE_INFINITY : dayNumber(end),
});

export const periodOf = ({ start, end }: DayRange): Period => ({
  ...(Number.isFinite(start) ? { start: dayOfNumber(start) } : {}),
  ...(Number.isFinite(end) ? { end: dayOfNumber(end) } : {}),
});

export const contains = ({ start, end }: DayRange, day: number): boolean => start <= day && day < end;
