import { DateMessage } from '@crossroads/contracts/google/type/date';
import type { IsoDay } from '@crossroads/identifiers';

/** A day as a protobuf message. */
export const dateMessage = (day: IsoDay): DateMessage => {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  return DateMessage.fromPartial({ year, month, day: date });
};
