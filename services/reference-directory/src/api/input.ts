import type { DateMessage } from '@crossroads/contracts/google/type/date';
import type { Period } from '@crossroads/contracts/time/v1/period';
import { type ValidationContext, type Read, readDay, readPeriod, readUuid } from '@crossroads/grpc';
import { addDays, type IsoDay } from '@crossroads/identifiers';
import { type Days, dayNumber, daysOf } from '../domain/days.js';

/** Absent is open on both sides. */
export const readDays = (field: string, raw: Period | undefined): Read<Days> => {
  const read = readPeriod(raw ?? {}, `${field}.`);
  return read.ok ? { ok: true, value: daysOf(read.value) } : read;
};

/** All days up to the last one, which is yesterday when it is not given. */
export const readUntil = (field: string, raw: DateMessage | undefined, { today }: ValidationContext): Read<Days> => {
  const read: Read<IsoDay> = raw === undefined ? { ok: true, value: addDays(today, -1) } : readDay(field, raw);
  if (!read.ok) return read;
  return { ok: true, value: { start: Number.NEGATIVE_INFINITY, end: dayNumber(read.value) + 1 } };
};

export const readPersonId = (field: string, raw: string): Read<{ readonly personId: string }> => {
  const read = readUuid(field, raw);
  return read.ok ? { ok: true, value: { personId: read.value } } : read;
};
