import { personNotAvailable } from '@crossroads/policy/decide';

export type SsinState = 'VALID' | 'REPLACED' | 'CANCELED';

/**
 * Why nothing is done for a number. Only an institution that has an inscription on it is told what happened to it, in CBSS's terms; to
 * others a number that nobody has, that was replaced or that was cancelled is the same.
 */
export type NumberReason = 'NUMBER_NOT_USABLE' | 'REPLACED_SSIN' | 'CANCELED_SSIN' | typeof personNotAvailable.reason;

/** To an institution that has an inscription on the number. */
export const refusalOf = (state: SsinState): NumberReason | undefined => {
  if (state === 'VALID') return undefined;
  return state === 'REPLACED' ? 'REPLACED_SSIN' : 'CANCELED_SSIN';
};

export const numberMessages: Readonly<Record<NumberReason, string>> = {
  NUMBER_NOT_USABLE: 'nobody can be inscribed under this number; check it with the person',
  [personNotAvailable.reason]: personNotAvailable.message,
  REPLACED_SSIN: 'another number has replaced this one; use the one that replaces it',
  CANCELED_SSIN: 'this number was cancelled; find the right number of the person',
};
