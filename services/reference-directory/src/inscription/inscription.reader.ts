import type { DateMessage } from '@crossroads/contracts/google/type/date';
import type { Period } from '@crossroads/contracts/time/v1/period';
import {
  type Read,
  readDay,
  readEnterpriseNumber,
  readOptional,
  readPeriod,
  type ValidationContext,
} from '@crossroads/grpc';
import { addDays } from '@crossroads/identifiers';
import { type DayRange, dayNumber, rangeOf } from '../period/days.rules.js';

/** Undefined when the request names none: the caller's own. */
export const readInstitution = (institution: string) =>
  readOptional(institution, (text) => readEnterpriseNumber('institution', text));

/** An absent side is open. */
export const readRange = (field: string, period: Period | undefined): Read<DayRange> => {
  const read = readPeriod(period ?? {}, `${field}.`);
  return read.ok ? { ok: true, value: rangeOf(read.value) } : read;
};

/** All days up to the last one, which is yesterday when it is absent. */
export const readRangeUntil = (
  field: string,
  lastDay: DateMessage | undefined,
  { today }: ValidationContext,
): Read<DayRange> => {
  const read = readOptional(lastDay, (day) => readDay(field, day));
  if (!read.ok) return read;
  const last = read.value ?? addDays(today, -1);
  return { ok: true, value: { start: Number.NEGATIVE_INFINITY, end: dayNumber(last) + 1 } };
};
