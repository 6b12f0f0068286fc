import { Rejection } from '@crossroads/eventsourcing';
import type { Found } from '../view/lookup.js';

/** As CBSS names them. */
export type NumberReason = 'UNKNOWN_SSIN' | 'REPLACED_SSIN' | 'CANCELED_SSIN';

/** Why nothing is inscribed under a number. */
export const reasonAgainst = (found: Found | undefined): NumberReason | undefined => {
  if (!found) return 'UNKNOWN_SSIN';
  if (found.state === 'VALID') return undefined;
  return found.state === 'REPLACED' ? 'REPLACED_SSIN' : 'CANCELED_SSIN';
};

export const numberMessages: Readonly<Record<NumberReason, string>> = {
  UNKNOWN_SSIN: 'this number is not known to the person registry',
  REPLACED_SSIN: 'another number has replaced this one; use the one that replaces it',
  CANCELED_SSIN: 'this number was cancelled; find the right number of the person',
};

export const rejection = (reason: NumberReason): Rejection => new Rejection(reason, numberMessages[reason]);
