import { Rejection } from '@crossroads/eventsourcing/decider';

export type SsinState = 'VALID' | 'REPLACED' | 'CANCELED';

/** Why a number cannot be inscribed, in CBSS's terms. */
export type NumberReason = 'UNKNOWN_SSIN' | 'REPLACED_SSIN' | 'CANCELED_SSIN';

/** @param state Undefined when nobody has the number. */
export const refusalOf = (state: SsinState | undefined): NumberReason | undefined => {
  if (state === undefined) return 'UNKNOWN_SSIN';
  if (state === 'VALID') return undefined;
  return state === 'REPLACED' ? 'REPLACED_SSIN' : 'CANCELED_SSIN';
};

export const numberMessages: Readonly<Record<NumberReason, string>> = {
  UNKNOWN_SSIN: 'this number is not known to the person registry',
  REPLACED_SSIN: 'another number has replaced this one; use the one that replaces it',
  CANCELED_SSIN: 'this number was cancelled; find the right number of the person',
};

export const rejection = (reason: NumberReason): Rejection => new Rejection(reason, numberMessages[reason]);
