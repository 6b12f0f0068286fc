import type { DateMessage } from '@crossroads/contracts/google/type/date';
import { fromWire, type IsoDay, isoDay } from '@crossroads/identifiers';

interface PeriodMessage {
  readonly startDate?: DateMessage | undefined;
  readonly endDate?: DateMessage | undefined;
}

/** Compiled: texts that compare with days. */
export interface Validity {
  /** The first valid day, or a text that sorts before every day. */
  readonly start: string;
  /** The first day after the validity, or a text that sorts after every day. */
  readonly end: string;
}

const BEFORE_EVERY_DAY = '';
const AFTER_EVERY_DAY = '~';

export const validityOf = (period: PeriodMessage | undefined): Validity => {
  const [startDate, endDate] = [dayOf(period?.startDate), dayOf(period?.endDate)];
  const parsed = startDate === null || endDate === null ? undefined : fromWire({ startDate, endDate });
  // Authorization registers no invalid period; one contains no day.
  if (!parsed?.ok) return { start: AFTER_EVERY_DAY, end: BEFORE_EVERY_DAY };
  return { start: parsed.period.start ?? BEFORE_EVERY_DAY, end: parsed.period.end ?? AFTER_EVERY_DAY };
};

/** `undefined`: open; `null`: no such day. */
const dayOf = (date: DateMessage | undefined): IsoDay | undefined | null =>
  date === undefined ? undefined : (isoDay(date.year, date.month, date.day) ?? null);
