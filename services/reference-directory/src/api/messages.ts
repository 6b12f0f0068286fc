import {
  type CheckResponse,
  type Inscription,
  NumberState,
} from '@crossroads/contracts/directory/v1/directory_service';
import type { Period as PeriodMessage } from '@crossroads/contracts/time/v1/period';
import { datePartsOf, toWire } from '@crossroads/identifiers';
import { type Days, holdsOn, periodOf } from '../domain/days.js';
import type { File } from '../view/files.js';
import type { Found } from '../view/lookup.js';

export const periodMessage = (days: Days): PeriodMessage => {
  const { startDate, endDate } = toWire(periodOf(days));
  return {
    startDate: startDate === undefined ? undefined : datePartsOf(startDate),
    endDate: endDate === undefined ? undefined : datePartsOf(endDate),
  };
};

export const inscriptionMessage = ({ institution, context }: File, days: Days, ssin = ''): Inscription => ({
  institution,
  inscriptionContext: context,
  period: periodMessage(days),
  ssin,
});

const STATES = {
  VALID: NumberState.NUMBER_STATE_VALID,
  REPLACED: NumberState.NUMBER_STATE_REPLACED,
  CANCELED: NumberState.NUMBER_STATE_CANCELED,
} as const;

export interface Wanted {
  /** Empty: all. */
  readonly institutions: ReadonlySet<string>;
  readonly day: number;
}

export const checkMessage = (
  found: Found | undefined,
  wanted: Wanted,
  fileAt: (number: number) => File,
): CheckResponse => {
  if (!found) return { state: NumberState.NUMBER_STATE_UNKNOWN, personId: '', inscriptions: [], mergedPersonIds: [] };
  const inscriptions = found.entries.flatMap((entry) => {
    if (!holdsOn(entry, wanted.day)) return [];
    const file = fileAt(entry.file);
    const fits = wanted.institutions.size === 0 || wanted.institutions.has(file.institution);
    return fits ? [inscriptionMessage(file, entry)] : [];
  });
  return {
    state: STATES[found.state],
    personId: found.personId,
    inscriptions,
    mergedPersonIds: [...found.mergedPersonIds],
  };
};
