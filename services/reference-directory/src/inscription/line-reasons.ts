import { Rejection } from '@crossroads/eventsourcing/decider';
import { quotaExhausted } from '@crossroads/policy';
import { type NumberReason, numberMessages } from '../number/number-state.rules.js';
import { type GrantReason, grantMessages } from './grant.rules.js';

/** Why a well-formed line is refused. */
export type LineReason = NumberReason | GrantReason | typeof quotaExhausted.reason;

export const lineMessages: Readonly<Record<LineReason, string>> = {
  ...numberMessages,
  ...grantMessages,
  [quotaExhausted.reason]: quotaExhausted.message,
};

export const rejection = (reason: LineReason): Rejection => new Rejection(reason, lineMessages[reason]);
