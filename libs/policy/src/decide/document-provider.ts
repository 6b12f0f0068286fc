import type { DocumentProvider } from '@crossroads/contracts/authorization/v1/policy';
import type { IsoDay } from '@crossroads/identifiers';
import { validityOf } from './validity.js';

/** Whether a document provider may publish and serve on a day. */
export const isActiveOn = ({ activity }: DocumentProvider, day: IsoDay): boolean => {
  const { start, end } = validityOf(activity);
  return start <= day && day < end;
};

export const isInMaintenance = ({ plannedMaintenance }: DocumentProvider, instant: Date): boolean =>
  plannedMaintenance.some(
    ({ startTime, endTime }) => startTime && endTime && startTime <= instant && instant < endTime,
  );
