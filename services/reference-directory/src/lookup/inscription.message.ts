import type { Inscription } from '@crossroads/contracts/directory/v1/directory_service';
import { datePartsOf, toWire } from '@crossroads/identifiers';
import { type DayRange, periodOf } from '../period/days.rules.js';
import type { InstitutionContext } from './institution-contexts.js';

export const inscriptionMessage = (
  { institution, context }: InstitutionContext,
  range: DayRange,
  ssin = '',
): Inscription => {
  const { startDate, endDate } = toWire(periodOf(range));
  return {
    institution,
    inscriptionContext: context,
    period: {
      startDate: startDate === undefined ? undefined : datePartsOf(startDate),
      endDate: endDate === undefined ? undefined : datePartsOf(endDate),
    },
    ssin,
  };
};
