import { fields, perContext } from '@crossroads/grpc';
import { addDays } from '@crossroads/identifiers';
import { type DayRange, dayNumber, rangeOf } from '../period/days.rules.js';

/** Absent when the request names none: the caller's own. */
export const institution = fields.optional(fields.enterpriseNumber);

/** A period; an absent side is open. */
export const dayRange = fields.period.transform(rangeOf);

/** The last day of all days up to it; yesterday when it is absent. */
export const lastDay = perContext(({ today }) =>
  fields
    .optional(fields.day)
    .transform((day = addDays(today, -1)): DayRange => ({ start: Number.NEGATIVE_INFINITY, end: dayNumber(day) + 1 })),
);
