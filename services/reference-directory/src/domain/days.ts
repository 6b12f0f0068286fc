import { addDays, type IsoDay, type Period } from '@crossroads/identifiers';

/** Days are whole numbers here, counted from 1 January 2010: rows and events hold hundreds of millions of them. */
const EPOCH = '2010-01-01' as IsoDay;

const EPOCH_MS = Date.parse(`${EPOCH}T00:00:00Z`);
const DAY_MS = 86_400_000;

/** From `start` to before `end`; open sides are infinite, so that periods compare as numbers. Empty when `end <= start`. */
export interface Days {
  readonly start: number;
  readonly end: number;
}

export const dayNumber = (day: IsoDay): number => Math.round((Date.parse(`${day}T00:00:00Z`) - EPOCH_MS) / DAY_MS);

export const dayOfNumber = (day: number): IsoDay => addDays(EPOCH, day);

export const daysOf = ({ start, end }: Period): Days => ({
  start: start === undefined ? Number.NEGATIVE_INFINITY : dayNumber(start),
  end: end === undefined ? Number.POSITIVE_INFINITY : dayNumber(end),
});

export const periodOf = ({ start, end }: Days): Period => ({
  ...(Number.isFinite(start) ? { start: dayOfNumber(start) } : {}),
  ...(Number.isFinite(end) ? { end: dayOfNumber(end) } : {}),
});

export const holdsOn = ({ start, end }: Days, day: number): boolean => start <= day && day < end;
