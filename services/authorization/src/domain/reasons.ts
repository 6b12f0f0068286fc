import { Rejection } from '@crossroads/eventsourcing/decider';

export type PolicyReason =
  | 'KEY_NOT_REGISTERED'
  | 'NOT_AN_ADMINISTRATOR'
  | 'NOT_THE_COMMITTEE'
  | 'NOT_YOUR_KEY'
  | 'NOT_THE_RECIPIENT'
  | 'DECIDER_IS_SUBMITTER'
  | 'DECIDER_IS_RECIPIENT'
  | 'LAST_ADMINISTRATOR'
  | 'UNKNOWN_INSTITUTION'
  | 'KEY_NOT_FOUND'
  | 'KEY_OF_ANOTHER_APPLICATION'
  | 'KEY_WITHDRAWN'
  | 'TOO_MANY_KEYS'
  | 'DATA_SERVICE_INCOMPATIBLE'
  | 'UNKNOWN_DATA_SERVICE'
  | 'UNKNOWN_FIELD_GROUP'
  | 'DELIBERATION_NOT_FOUND'
  | 'DELIBERATION_NOT_SUBMITTED'
  | 'DELIBERATION_NOT_APPROVED';

export const reject = (reason: PolicyReason, message: string, metadata?: Readonly<Record<string, string>>) =>
  new Rejection(reason, message, metadata);
