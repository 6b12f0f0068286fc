import type { InscriptionGrant } from '@crossroads/contracts/authorization/v1/policy';
import type { DayRange } from '../period/days.rules.js';

/** Why the policy does not let an institution inscribe somebody, whoever it is. */
export type GrantReason = 'INSCRIPTION_CONTEXT_NOT_GRANTED' | 'START_TOO_EARLY';

const MAX_DAYS_BACK = 30;

export const grantMessages: Readonly<Record<GrantReason, string>> = {
  INSCRIPTION_CONTEXT_NOT_GRANTED: 'the committee has not let the institution inscribe in this context',
  START_TOO_EARLY: `an inscription starts at most ${MAX_DAYS_BACK} days ago, unless the committee has allowed earlier ones`,
};

/** @param today a day number */
export const grantRefusalOf = (
  grant: InscriptionGrant | undefined,
  { context, period }: { readonly context: string; readonly period: DayRange },
  today: number,
): GrantReason | undefined => {
  if (!grant?.inscriptionContexts.includes(context)) return 'INSCRIPTION_CONTEXT_NOT_GRANTED';
  return grant.earlierStarts || period.start >= today - MAX_DAYS_BACK ? undefined : 'START_TOO_EARLY';
};
